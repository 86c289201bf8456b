package httpx

import (
	"net/http"
	"net/netip"
	"strings"
	"time"

	"github.com/klauspost/compress/gzip"
)

// gzipFrom is the size of a first write from which compressing pays.
const gzipFrom = 1400

// writer watches an answer: its status, its size, and whether to compress it.
type writer struct {
	http.ResponseWriter
	mux     *Mux
	request *http.Request
	status  int       // 0 until the header is written
	headed  time.Time // when it was
	bytes   int64     // of the body, before compression
	zip     *gzip.Writer
	broken  bool // the answer broke off after it had begun
}

// Unwrap is for http.ResponseController.
func (w *writer) Unwrap() http.ResponseWriter { return w.ResponseWriter }

func (w *writer) WriteHeader(status int) {
	if w.status != 0 {
		return
	}
	if status >= 200 {
		w.status = status
		w.headed = time.Now()
	}
	w.ResponseWriter.WriteHeader(status)
}

func (w *writer) Write(p []byte) (int, error) {
	if w.status == 0 {
		if w.worthZip(http.StatusOK, p) {
			w.startZip()
		}
		w.WriteHeader(http.StatusOK)
	}
	w.bytes += int64(len(p))
	if w.zip != nil {
		return w.zip.Write(p)
	}
	return w.ResponseWriter.Write(p)
}

// FlushError sends on what was written so far.
func (w *writer) FlushError() error {
	if w.zip != nil {
		if err := w.zip.Flush(); err != nil {
			return err
		}
	}
	if w.status == 0 {
		w.WriteHeader(http.StatusOK)
	}
	return http.NewResponseController(w.ResponseWriter).Flush()
}

// close ends a compressed answer.
func (w *writer) close() {
	if w.zip == nil {
		return
	}
	if !w.broken {
		if err := w.zip.Close(); err != nil {
			w.broken = true
		}
	}
	w.zip.Reset(nil)
	w.mux.gzips.Put(w.zip)
	w.zip = nil
}

func (w *writer) statusOrOK() int {
	if w.status == 0 {
		return http.StatusOK
	}
	return w.status
}

// worthZip decides at the first write: the client takes it, the type shrinks,
// there is enough of it, and a network lies between.
func (w *writer) worthZip(status int, p []byte) bool {
	h := w.Header()
	if len(p) < gzipFrom || status != http.StatusOK || w.request.Method == http.MethodHead {
		return false
	}
	if h.Get("Content-Encoding") != "" || h.Get("Content-Range") != "" || !shrinks(h.Get("Content-Type")) {
		return false
	}
	return w.request.Header.Get("Accept-Encoding") != "" && overNetwork(w.request) && AcceptsGzip(w.request)
}

func (w *writer) startZip() {
	h := w.Header()
	h.Set("Content-Encoding", "gzip")
	h.Add("Vary", "Accept-Encoding")
	h.Del("Content-Length")
	if tag := h.Get("ETag"); tag != "" && !strings.HasPrefix(tag, "W/") {
		h.Set("ETag", "W/"+tag) // other bytes, same meaning (RFC 9110, 8.8.3)
	}
	z, ok := w.mux.gzips.Get().(*gzip.Writer)
	if !ok {
		z, _ = gzip.NewWriterLevel(nil, 3) // the level is a valid one
	}
	z.Reset(w.ResponseWriter)
	w.zip = z
}

// shrinks reports whether a media type is text that compresses well. Event
// streams are not compressed: an event must leave at once.
func shrinks(mediaType string) bool {
	t, _, _ := strings.Cut(mediaType, ";")
	t = strings.TrimSpace(strings.ToLower(t))
	switch {
	case t == "text/event-stream":
		return false
	case strings.HasPrefix(t, "text/"), strings.HasSuffix(t, "+json"), strings.HasSuffix(t, "+xml"):
		return true
	}
	switch t {
	case "application/json", "application/javascript", "application/xml", "application/n-triples", "image/svg+xml",
		"application/vnd.mapbox-vector-tile", "application/x-protobuf":
		return true
	}
	return false
}

// overNetwork reports whether a network lies between: on one machine a copy
// costs less than compressing, unless somebody passes the answer on.
func overNetwork(r *http.Request) bool {
	if forwarded(r) {
		return true
	}
	peer, err := netip.ParseAddrPort(r.RemoteAddr)
	return err != nil || !peer.Addr().Unmap().IsLoopback()
}
