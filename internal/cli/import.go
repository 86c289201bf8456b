package cli

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/spf13/cobra"
	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"
	"golang.org/x/term"

	"github.com/beffroi/beffroi/internal/api/operate"
	"github.com/beffroi/beffroi/internal/app"
	"github.com/beffroi/beffroi/internal/archive"
	"github.com/beffroi/beffroi/internal/broker"
	"github.com/beffroi/beffroi/internal/connect"
	"github.com/beffroi/beffroi/internal/connect/file"
	"github.com/beffroi/beffroi/internal/entity"
	"github.com/beffroi/beffroi/internal/jsontree"
	"github.com/beffroi/beffroi/internal/ldctx"
	"github.com/beffroi/beffroi/internal/represent"
	"github.com/beffroi/beffroi/internal/store"
)

// importing is one run of the import command.
type importing struct {
	s       Streams
	t       target
	mapFile string
	context string

	mapping *connect.Mapping
	client  *client      // with --url
	offline *app.Offline // with --data
	names   *ldctx.Context
	done    operate.Loaded
}

func newImport(s Streams) *cobra.Command {
	im := importing{s: s}
	cmd := &cobra.Command{
		Use:   "import FILE...",
		Short: "Load files into a city",
		Long: `Load files into a city:

  - an export of beffroi, with all its history;
  - NGSI-LD entities, as a JSON array or one a line (NDJSON);
  - GeoJSON, CSV or other JSON, with a mapping that says what is what (--map).

What is there already with the same content stays untouched, so that an import
that was broken off is simply started again.`,
		Example: `  beffroi import trees.geojson --map trees.yaml --data ./city
  beffroi import entities.ndjson --url http://127.0.0.1:8080`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error { return im.run(cmd.Context(), args) },
	}
	im.t.flags(cmd)
	cmd.Flags().StringVar(&im.mapFile, "map", "", "mapping `FILE` (YAML)")
	cmd.Flags().StringVar(&im.context, "context", "", "address of the @context for entities that bring none (default: the core context)")
	return cmd
}

func (im *importing) run(ctx context.Context, files []string) (err error) {
	if im.mapFile != "" {
		text, err := os.ReadFile(im.mapFile)
		if err != nil {
			return usage(fmt.Errorf("--map: %w", err))
		}
		if im.mapping, err = connect.Compile(text); err != nil {
			return usage(fmt.Errorf("--map %s: %s", im.mapFile, told(err)))
		}
	}
	if im.t.url != "" {
		if im.client, err = im.t.client(); err != nil {
			return err
		}
		im.names, err = im.localContext(ctx)
	} else {
		st, oerr := im.t.openOrMake(synthetic(files[0]))
		if oerr != nil {
			return oerr
		}
		defer func() { err = errors.Join(err, st.Close()) }()
		if im.offline, err = app.OpenOffline(ctx, st); err != nil {
			return err
		}
		im.names, err = im.resolve(ctx, im.offline)
	}
	if err != nil {
		return err
	}
	for _, f := range files {
		if err := im.file(ctx, f); err != nil {
			return fmt.Errorf("%s: %s", f, told(err))
		}
	}
	for _, e := range im.done.Errors {
		fmt.Fprintf(im.s.Err, "not loaded: %s: %s\n", e.ID, e.Detail)
	}
	fmt.Fprintf(im.s.Out, "%d entities loaded, %d of them new, %d refused\n", im.done.Taken, im.done.Created, len(im.done.Errors))
	if len(im.done.Errors) > 0 {
		return fmt.Errorf("%d entities were refused", len(im.done.Errors))
	}
	return nil
}

func isExport(line []byte) bool {
	_, ok := archive.HeadOf(line)
	return ok
}

// synthetic reports whether a file is an export of synthetic data: a new
// folder that it is imported into gets the mark. A file that cannot be read is
// told later.
func synthetic(name string) bool {
	f, err := os.Open(name)
	if err != nil {
		return false
	}
	defer f.Close()
	line, err := bufio.NewReader(io.LimitReader(f, 4096)).ReadBytes('\n')
	if err != nil {
		return false
	}
	h, ok := archive.HeadOf(line)
	return ok && h.Synthetic
}

// resolve compiles --context with what the folder and the program know.
func (im *importing) resolve(ctx context.Context, o *app.Offline) (*ldctx.Context, error) {
	if im.context == "" {
		return ldctx.Core(), nil
	}
	return o.Contexts.ResolveURL(ctx, im.context)
}

// localContext compiles --context without a folder: from the built-in ones.
func (im *importing) localContext(ctx context.Context) (*ldctx.Context, error) {
	if im.context == "" {
		return ldctx.Core(), nil
	}
	c, err := app.BuiltInContexts(ctx)
	if err != nil {
		return nil, err
	}
	return c.ResolveURL(ctx, im.context)
}

// file loads one file, with a bar that tells how far it is.
func (im *importing) file(ctx context.Context, name string) error {
	f, err := os.Open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	bar, finish := im.progress(name, info.Size())
	defer finish()
	r := &counted{r: f, tell: bar}
	in := bufio.NewReaderSize(r, 1<<20)
	first, err := in.Peek(4096)
	if err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	line, _, _ := bytes.Cut(first, []byte("\n"))
	switch {
	case isExport(line):
		return im.export(ctx, in)
	case im.mapping != nil && info.Mode().IsRegular():
		return im.parts(ctx, name, bar)
	case im.mapping != nil:
		b, err := readWhole(in)
		if err != nil {
			return err
		}
		return im.mapped(ctx, b)
	case len(bytes.TrimSpace(first)) > 0 && bytes.TrimSpace(first)[0] == '[':
		return im.array(ctx, in)
	default:
		return im.lines(ctx, in)
	}
}

// progress draws a bar if a person is watching. tell takes how many bytes were
// read so far.
func (im *importing) progress(name string, size int64) (tell func(done int64), finish func()) {
	out, isFile := im.s.Err.(*os.File)
	if !isFile || !term.IsTerminal(int(out.Fd())) || size == 0 {
		return func(int64) {}, func() {}
	}
	p := mpb.New(mpb.WithOutput(im.s.Err), mpb.WithRefreshRate(200*time.Millisecond))
	bar := p.AddBar(size, mpb.PrependDecorators(decor.Name(name+" "), decor.CountersKibiByte("% .1f / % .1f")), mpb.AppendDecorators(decor.Percentage(), decor.Name(" "), decor.AverageETA(decor.ET_STYLE_GO)))
	return bar.SetCurrent, func() {
		if !bar.Completed() {
			bar.Abort(false)
		}
		p.Wait()
	}
}

// counted tells how much was read of r.
type counted struct {
	r    io.Reader
	tell func(done int64)
	done int64
}

func (c *counted) Read(b []byte) (int, error) {
	n, err := c.r.Read(b)
	c.done += int64(n)
	c.tell(c.done)
	return n, err
}

// export takes in a stream that export wrote.
func (im *importing) export(ctx context.Context, r io.Reader) error {
	if im.client != nil {
		var out struct{ Added, There int }
		res, err := im.client.send(ctx, "POST", "/api/import", "application/x-ndjson", r)
		if err != nil {
			return err
		}
		defer res.Body.Close()
		if err := unmarshal(res.Body, &out); err != nil {
			return err
		}
		im.done.Taken += out.Added + out.There
		im.done.Created += out.Added
		return nil
	}
	added, there, err := archive.Import(ctx, r, im.offline.Broker, im.offline.Store, archive.ImportOptions{Kinds: app.ArchiveKinds(), Synthetic: im.offline.Store.Header().Synthetic})
	im.done.Taken += added + there
	im.done.Created += added
	return err
}

// maxDocument bounds a file that has to be read as a whole.
const maxDocument = connect.MaxPayloadBytes

func readWhole(r io.Reader) ([]byte, error) {
	b, err := io.ReadAll(io.LimitReader(r, maxDocument+1))
	if err == nil && len(b) > maxDocument {
		err = fmt.Errorf("the file is larger than %d MiB; split it, or write one entity a line (NDJSON), which has no limit", maxDocument>>20)
	}
	return b, err
}

// parts loads a file through the mapping, some hundred items at a time, as a
// source of kind file is read: however long it is.
func (im *importing) parts(ctx context.Context, name string, tell func(done int64)) error {
	m := *im.mapping
	m.Path = name
	r, err := file.Open(file.Options{Progress: func(done, _ int64) { tell(done) }})(&m)
	if err != nil {
		return err
	}
	return r.Read(ctx, nil, func(p connect.Payload, _ []byte) error { return im.mapped(ctx, p.Data) })
}

// mapped loads a payload through the mapping.
func (im *importing) mapped(ctx context.Context, b []byte) error {
	m := im.mapping.Map(connect.Payload{Data: b}, time.Now())
	for _, l := range m.Letters {
		im.done.Errors = append(im.done.Errors, operate.LoadedError{ID: l.Key, Detail: l.Reason})
	}
	for from := 0; from < len(m.Fragments); from += 500 {
		part := m.Fragments[from:min(from+500, len(m.Fragments))]
		if im.client != nil {
			if err := im.post(ctx, arrayOf(part)); err != nil {
				return err
			}
			continue
		}
		out, err := im.offline.Broker.Load(ctx, broker.Call{Origin: store.Origin{Source: im.mapping.Source, Mapping: im.mapping.Digest}}, part)
		if err != nil {
			return err
		}
		im.count(out)
	}
	return nil
}

func (im *importing) count(out []broker.Outcome) {
	for _, o := range out {
		switch {
		case o.Err != nil:
			im.done.Errors = append(im.done.Errors, operate.LoadedError{ID: string(o.ID), Detail: told(o.Err)})
		case o.Created:
			im.done.Created++
			im.done.Taken++
		default:
			im.done.Taken++
		}
	}
}

// arrayOf writes fragments as entities whose names are IRIs.
func arrayOf(fs []entity.Fragment) []byte {
	v := represent.View{Context: ldctx.Core(), SysAttrs: true} // of which only expiresAt is set
	b := []byte{'['}
	for i := range fs {
		if i > 0 {
			b = append(b, ',')
		}
		b = v.AppendEntity(b, &entity.Entity{ID: fs[i].ID, Types: fs[i].Types, Scopes: fs[i].Scopes, Attrs: fs[i].Attrs})
	}
	return append(b, ']')
}

func (im *importing) post(ctx context.Context, body []byte) error {
	res, err := im.client.send(ctx, "POST", "/api/load", "application/json", bytes.NewReader(body))
	if err != nil {
		return err
	}
	defer res.Body.Close()
	var out operate.Loaded
	if err := unmarshal(res.Body, &out); err != nil {
		return err
	}
	im.add(out)
	return nil
}

func (im *importing) add(out operate.Loaded) {
	im.done.Created += out.Created
	im.done.Taken += out.Taken
	im.done.Errors = append(im.done.Errors, out.Errors...)
}

// array loads a JSON array of entities.
func (im *importing) array(ctx context.Context, r io.Reader) error {
	b, err := readWhole(r)
	if err != nil {
		return err
	}
	doc, err := jsontree.Parse(b, jsontree.Limits{MaxBytes: maxDocument + 1, MaxMembers: 8_000_000})
	if err != nil {
		return fmt.Errorf("it is not JSON: %w", err)
	}
	var part []jsontree.Node
	for _, n := range doc.Items() {
		if part = append(part, n); len(part) == 500 {
			if err := im.entities(ctx, part); err != nil {
				return err
			}
			part = nil
		}
	}
	return im.entities(ctx, part)
}

// lines loads entities, one a line.
func (im *importing) lines(ctx context.Context, r *bufio.Reader) error {
	s := bufio.NewScanner(r)
	s.Buffer(make([]byte, 64<<10), maxDocument)
	var part []jsontree.Node
	n := 1
	for ; s.Scan(); n++ {
		text := bytes.TrimSpace(s.Bytes())
		if len(text) == 0 {
			continue
		}
		doc, err := jsontree.Parse(text, jsontree.Limits{})
		if err != nil {
			return fmt.Errorf("line %d is not JSON: %w; with --map other files can be loaded too", n, err)
		}
		if part = append(part, doc); len(part) == 500 {
			if err := im.entities(ctx, part); err != nil {
				return err
			}
			part = nil
		}
	}
	if err := s.Err(); errors.Is(err, bufio.ErrTooLong) {
		return fmt.Errorf("line %d is longer than %d MiB; write one entity a line (NDJSON), or use --map for other files", n, maxDocument>>20)
	} else if err != nil {
		return err
	}
	return im.entities(ctx, part)
}

// entities loads some entities, each read with the @context that it brings.
func (im *importing) entities(ctx context.Context, ns []jsontree.Node) error {
	var fs []entity.Fragment
	for _, n := range ns {
		names := im.names
		if c, ok := n.Get("@context"); ok {
			var err error
			if names, err = im.contextOf(ctx, c); err != nil {
				return err
			}
			n = n.Without("@context")
		}
		f, err := represent.In{Context: names}.Entity(n)
		if err != nil {
			id, _ := n.Get("id")
			im.done.Errors = append(im.done.Errors, operate.LoadedError{ID: id.Str(), Detail: told(err)})
			continue
		}
		fs = append(fs, f)
	}
	if len(fs) == 0 {
		return nil
	}
	if im.client != nil {
		return im.post(ctx, arrayOf(fs))
	}
	out, err := im.offline.Broker.Load(ctx, broker.Call{Origin: store.Origin{Source: "import"}}, fs)
	if err != nil {
		return err
	}
	im.count(out)
	return nil
}

func (im *importing) contextOf(ctx context.Context, value jsontree.Node) (*ldctx.Context, error) {
	if im.offline != nil {
		return im.offline.Contexts.Resolve(ctx, value)
	}
	c, err := app.BuiltInContexts(ctx)
	if err != nil {
		return nil, err
	}
	return c.Resolve(ctx, value)
}
