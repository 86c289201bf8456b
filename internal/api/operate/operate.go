// Package operate answers whoever runs the server: a backup of the running
// store, the whole city as a stream, and files that are loaded into it. The
// command line uses these addresses with --url.
package operate

import (
	"archive/tar"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"github.com/beffroi/beffroi/internal/access"
	"github.com/beffroi/beffroi/internal/api/httpx"
	"github.com/beffroi/beffroi/internal/archive"
	"github.com/beffroi/beffroi/internal/broker"
	"github.com/beffroi/beffroi/internal/entity"
	"github.com/beffroi/beffroi/internal/jsontree"
	"github.com/beffroi/beffroi/internal/ldctx"
	"github.com/beffroi/beffroi/internal/problem"
	"github.com/beffroi/beffroi/internal/represent"
	"github.com/beffroi/beffroi/internal/store"
)

// Options are the settings of an API.
type Options struct {
	Broker *broker.Broker
	// Export writes the whole city.
	Export func(ctx context.Context, w io.Writer) error
	// Kinds are the kinds of records that an import takes.
	Kinds   []string
	Records store.Records
	// Synthetic says that nothing in this city is real.
	Synthetic bool
	// Checkpoint makes a copy of the running store in a folder that is not
	// there yet.
	Checkpoint func(dir string) error
	// Dir is where a copy is made before it is sent, on the store's own disk.
	Dir string
	// Imported is called after records were taken in, so that services that
	// keep them in memory read them anew; nil does nothing.
	Imported func(ctx context.Context) error
}

// API answers. Use New.
type API struct{ o Options }

// New makes an API.
func New(o Options) *API { return &API{o: o} }

// Routes gives the addresses.
func (a *API) Routes() []httpx.Route {
	const group = "Operations"
	return []httpx.Route{
		{Method: http.MethodGet, Pattern: "/api/export", Rule: access.Admin, Name: "export", Summary: "The whole city with its history, as NDJSON", Group: group, Timeout: httpx.NoTimeout, Handle: a.export},
		{Method: http.MethodPost, Pattern: "/api/import", Rule: access.Admin, Name: "import", Summary: "Take in what export gave", Group: group, Timeout: httpx.NoTimeout, MaxBody: 1 << 42, Handle: a.takeIn},
		{Method: http.MethodGet, Pattern: "/api/backup", Rule: access.Admin, Name: "backup", Summary: "A copy of the running store, as tar", Group: group, Timeout: httpx.NoTimeout, Handle: a.backup},
		{Method: http.MethodPost, Pattern: "/api/load", Rule: access.Write, Name: "load", Summary: "Load entities (a JSON array, names as IRIs); what is there with the same content stays", Group: group, MaxBody: 64 << 20, Handle: a.load},
	}
}

func (a *API) export(w http.ResponseWriter, r *http.Request) error {
	h := w.Header()
	h.Set("Content-Type", "application/x-ndjson")
	h.Set("Content-Disposition", `attachment; filename="beffroi-export.ndjson"`)
	h.Set("Cache-Control", "no-store")
	return a.o.Export(r.Context(), w)
}

type imported struct {
	Added int `json:"added"`
	There int `json:"there"`
}

func (a *API) takeIn(w http.ResponseWriter, r *http.Request) error {
	added, there, err := archive.Import(r.Context(), r.Body, a.o.Broker, a.o.Records, archive.ImportOptions{Kinds: a.o.Kinds, Synthetic: a.o.Synthetic})
	if err != nil {
		return err
	}
	if a.o.Imported != nil {
		if err := a.o.Imported(r.Context()); err != nil {
			return err
		}
	}
	return httpx.WriteJSON(w, http.StatusOK, imported{added, there})
}

// backup makes a checkpoint, sends it as a tar file, and removes it.
func (a *API) backup(w http.ResponseWriter, r *http.Request) (err error) {
	dir := filepath.Join(a.o.Dir, "checkpoint-"+time.Now().UTC().Format("20060102T150405.000000000"))
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	if err := a.o.Checkpoint(dir); err != nil {
		return err
	}
	h := w.Header()
	h.Set("Content-Type", "application/x-tar")
	h.Set("Content-Disposition", `attachment; filename="beffroi-backup.tar"`)
	h.Set("Cache-Control", "no-store")
	return Pack(r.Context(), w, dir)
}

// Pack writes the files below dir as a tar stream.
func Pack(ctx context.Context, w io.Writer, dir string) error {
	t := tar.NewWriter(w)
	err := filepath.WalkDir(dir, func(p string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return errors.Join(err, ctx.Err())
		}
		name, err := filepath.Rel(dir, p)
		if err != nil {
			return err
		}
		f, err := os.Open(p)
		if err != nil {
			return err
		}
		defer f.Close()
		info, err := f.Stat()
		if err != nil {
			return err
		}
		if err := t.WriteHeader(&tar.Header{Name: filepath.ToSlash(name), Mode: 0o600, Size: info.Size(), ModTime: info.ModTime(), Format: tar.FormatPAX}); err != nil {
			return err
		}
		_, err = io.CopyN(t, f, info.Size())
		return err
	})
	if err != nil {
		return fmt.Errorf("pack the backup: %w", err)
	}
	return t.Close()
}

// Unpack writes a tar stream into the folder dir, which it makes. Names that
// lead out of dir are refused.
//
// Errors: problem.AlreadyExists; problem.BadRequestData.
func Unpack(r io.Reader, dir string) error {
	if err := os.Mkdir(dir, 0o700); errors.Is(err, fs.ErrExist) {
		return problem.New(problem.AlreadyExists, "the folder %s is there already; name a new one", dir)
	} else if err != nil {
		return fmt.Errorf("make the folder for the backup: %w", err)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return fmt.Errorf("unpack the backup: %w", err)
	}
	defer root.Close()
	for t := tar.NewReader(r); ; {
		h, err := t.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("unpack the backup: %w", err)
		}
		if h.Typeflag != tar.TypeReg || !filepath.IsLocal(filepath.FromSlash(h.Name)) {
			return problem.New(problem.BadRequestData, "the backup holds %q, which a backup never does", h.Name)
		}
		if err := unpackFile(root, filepath.FromSlash(h.Name), t); err != nil {
			return fmt.Errorf("unpack %s: %w", h.Name, err)
		}
	}
}

func unpackFile(root *os.Root, name string, r io.Reader) (err error) {
	if err := root.MkdirAll(filepath.Dir(name), 0o700); err != nil {
		return err
	}
	f, err := root.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	if _, err := io.Copy(f, r); err != nil {
		return err
	}
	return f.Sync()
}

// Loaded tells what became of a batch.
type Loaded struct {
	Created int           `json:"created"`
	Taken   int           `json:"taken"` // created ones included
	Errors  []LoadedError `json:"errors"`
}

// LoadedError is one entity that was not loaded, and why.
type LoadedError struct {
	ID     string `json:"id"`
	Detail string `json:"detail"`
}

// load takes a JSON array of entities without @context, whose names are IRIs
// or core terms.
func (a *API) load(w http.ResponseWriter, r *http.Request) error {
	body, err := httpx.ReadBody(r)
	if err != nil {
		return err
	}
	doc, err := jsontree.Parse(body, jsontree.Limits{MaxBytes: 64 << 20, MaxMembers: 4_000_000})
	if err != nil {
		return problem.Wrap(problem.InvalidRequest, err, "the body is not JSON: %s", err.Error())
	}
	if doc.Kind() != jsontree.Array {
		return problem.New(problem.BadRequestData, "the body must be an array of entities")
	}
	who := access.From(r.Context())
	out, err := LoadInto(r.Context(), a.o.Broker, broker.Call{Origin: store.Origin{Account: who.Account}}, ldctx.Core(), doc)
	if err != nil {
		return err
	}
	return httpx.WriteJSON(w, http.StatusOK, out)
}

// LoadInto reads the entities of an array with the given context and loads
// them, as one batch. One that cannot be read or taken is reported, the others
// are loaded.
func LoadInto(ctx context.Context, b *broker.Broker, c broker.Call, names *ldctx.Context, doc jsontree.Node) (Loaded, error) {
	out := Loaded{Errors: []LoadedError{}}
	var fs []entity.Fragment
	in := represent.In{Context: names}
	for i, n := range doc.Items() {
		f, err := in.Entity(n)
		if err != nil {
			id, _ := n.Get("id")
			out.Errors = append(out.Errors, LoadedError{id.Str(), fmt.Sprintf("item %d: %s", i, problem.DetailOf(err))})
			continue
		}
		fs = append(fs, f)
	}
	if len(fs) == 0 {
		return out, nil
	}
	res, err := b.Load(ctx, c, fs)
	if err != nil {
		return out, err
	}
	for _, o := range res {
		switch {
		case o.Err != nil:
			out.Errors = append(out.Errors, LoadedError{string(o.ID), problem.DetailOf(o.Err)})
		case o.Created:
			out.Created++
			out.Taken++
		default:
			out.Taken++
		}
	}
	return out, nil
}
