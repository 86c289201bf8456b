// Command gen writes the files of the repository that follow from others: the
// list of linked packages, the third-party notices and the table of what works
// in README.md.
//
// It is for `make gen`. What always holds: the same tree gives the same bytes,
// and a part whose source is not there yet is named, not skipped in silence.
package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"

	"github.com/beffroi/beffroi/internal/tools/clauses"
)

// output is one generated file.
type output struct {
	path string
	make func(ctx context.Context, root string) ([]byte, error)
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	root, err := os.Getwd()
	if err == nil {
		err = run(ctx, root)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "gen:", err)
		os.Exit(1)
	}
}

// run writes every output that differs from what is there.
func run(ctx context.Context, root string) error {
	outputs := []output{
		{"docs/linked-packages.txt", linkedPackages},
		{"docs/third-party-notices.txt", notices},
		{"README.md", readme},
		{"docs/conformance.md", func(_ context.Context, root string) ([]byte, error) { return clauses.Page(root) }},
		{"docs/errors.md", problemPage},
		{"docs/howto/configuration.md", configPage},
		{"web/src/problems.gen.ts", problemTypes},
	}
	for _, o := range outputs {
		want, err := o.make(ctx, root)
		var skip *notYet
		if errors.As(err, &skip) {
			fmt.Printf("%s: not made, %s\n", o.path, skip.why)
			continue
		}
		if err != nil {
			return fmt.Errorf("%s: %w", o.path, err)
		}
		have, err := os.ReadFile(filepath.Join(root, o.path))
		if err == nil && bytes.Equal(have, want) {
			continue
		}
		if err := os.WriteFile(filepath.Join(root, o.path), want, 0o644); err != nil {
			return err
		}
		fmt.Printf("%s: written\n", o.path)
	}
	return nil
}

// notYet says that a part of the tree is missing, which is no failure.
type notYet struct{ why string }

func (n *notYet) Error() string { return n.why }
