package httpx

import (
	"compress/gzip"
	"errors"
	"io"
	"net/http"
	"os"
	"strings"

	"github.com/go-json-experiment/json"

	"github.com/beffroi/beffroi/internal/problem"
)

// firstRead is how much is set aside for a body before any of it has come: a
// client that announces much and sends nothing shall cost little.
const firstRead = 64 << 10

// limitOf gives the route's limit of bytes.
func limitOf(r *http.Request) int64 {
	if limit := callOf(r).limit; limit > 0 {
		return limit
	}
	return DefaultMaxBody
}

// ReadBody reads the whole body, decompressed if it came as gzip, within the
// route's limit. The caller owns the bytes.
//
// Errors: problem.LengthRequired if neither a length nor chunks are announced,
// and for chunks too where routes have the style NGSILD;
// problem.TooLarge over the limit, compressed or not;
// problem.UnsupportedMediaType for another content coding;
// problem.InvalidRequest if the body is cut short or is no gzip.
func ReadBody(r *http.Request) ([]byte, error) {
	limit := limitOf(r)
	if r.ContentLength < 0 && callOf(r).style == NGSILD {
		// CIM 009, 6.3.4 asks for Content-Length and knows no other way.
		return nil, problem.New(problem.LengthRequired, "this needs a body whose length is known: send Content-Length, not chunks")
	}
	if r.ContentLength == 0 && r.Header.Get("Content-Length") == "" && len(r.TransferEncoding) == 0 {
		return nil, problem.New(problem.LengthRequired, "this needs a body: send it with Content-Length")
	}
	if r.ContentLength > limit {
		return nil, tooLarge(limit)
	}
	src := io.Reader(r.Body)
	size := r.ContentLength
	switch coding := strings.ToLower(strings.TrimSpace(r.Header.Get("Content-Encoding"))); coding {
	case "", "identity":
	case "gzip", "x-gzip":
		z, err := gzip.NewReader(r.Body)
		if err != nil {
			return nil, readFailure(err, limit, "the body is not gzip, though Content-Encoding says so")
		}
		// One member only: a chain of them is a way to hide how much comes.
		z.Multistream(false)
		src, size = z, -1
	default:
		return nil, problem.New(problem.UnsupportedMediaType, "Content-Encoding %q is not read here: send gzip or none", shorten(coding))
	}
	body, err := readAll(src, size, limit)
	if err != nil {
		return nil, readFailure(err, limit, "the body could not be read to its end")
	}
	if int64(len(body)) > limit {
		return nil, tooLarge(limit)
	}
	return body, nil
}

// readAll reads up to limit+1 bytes.
func readAll(src io.Reader, size, limit int64) ([]byte, error) {
	if size < 0 || size > firstRead {
		size = firstRead
	}
	buf := make([]byte, 0, min(size, limit)+1)
	for {
		n, err := src.Read(buf[len(buf):cap(buf)])
		buf = buf[:len(buf)+n]
		if err == io.EOF {
			return buf, nil
		}
		if err != nil || int64(len(buf)) > limit {
			return buf, err
		}
		if len(buf) == cap(buf) {
			buf = append(buf, 0)[:len(buf)]
		}
	}
}

func tooLarge(limit int64) error {
	return problem.New(problem.TooLarge, "the body is larger than the limit of %d bytes; send it in parts", limit)
}

// readFailure classifies what a body's reader said.
func readFailure(err error, limit int64, what string) error {
	var big *http.MaxBytesError
	switch {
	case errors.As(err, &big):
		return tooLarge(limit)
	case errors.Is(err, os.ErrDeadlineExceeded):
		return problem.Wrap(problem.InvalidRequest, err, "the body did not arrive in time")
	}
	return problem.Wrap(problem.InvalidRequest, err, "%s", what)
}

// ReadJSON reads the body as JSON into v, which is for beffroi's own
// requests: unknown or repeated members and bad UTF-8 are refused.
//
// Errors: as ReadBody and MediaType; problem.InvalidRequest for what is not
// JSON; problem.BadRequestData for what does not fit v, saying where.
func ReadJSON(r *http.Request, v any) error {
	if _, err := MediaType(r, TypeJSON); err != nil {
		return err
	}
	body, err := ReadBody(r)
	if err != nil {
		return err
	}
	err = json.Unmarshal(body, v, json.RejectUnknownMembers(true))
	var semantic *json.SemanticError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &semantic):
		where := string(semantic.JSONPointer)
		if where == "" {
			where = "/"
		}
		return problem.Wrap(problem.BadRequestData, err, "the body does not fit at %s (byte %d): this address takes no such member or another type", shorten(where), semantic.ByteOffset)
	}
	return problem.Wrap(problem.InvalidRequest, err, "the body is not JSON: %s", shorten(jsonText(err)))
}

// jsonText gives a syntax error without the name of the package.
func jsonText(err error) string {
	_, text, ok := strings.Cut(err.Error(), ": ")
	if !ok {
		return err.Error()
	}
	return text
}
