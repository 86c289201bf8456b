package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/beffroi/beffroi/internal/tools/linked"
)

// modules asks for the linked modules, if there is a command to link.
func modules(ctx context.Context, root string) ([]linked.Module, error) {
	if _, err := os.Stat(filepath.Join(root, linked.Main)); err != nil {
		return nil, &notYet{"there is no " + linked.Main}
	}
	return linked.Modules(ctx, root)
}

// linkedPackages lists module, version and packages.
func linkedPackages(ctx context.Context, root string) ([]byte, error) {
	mods, err := modules(ctx, root)
	if err != nil {
		return nil, err
	}
	return linked.List(mods), nil
}

// notices gives the licence and notice texts of the linked modules.
func notices(ctx context.Context, root string) ([]byte, error) {
	mods, err := modules(ctx, root)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	b.WriteString("Third-party software in the beffroi binary. Generated: make gen.\n" +
		"Pages and data that are shipped beside it carry their notices in their own folders.\n")
	for _, m := range mods {
		texts, err := linked.Texts(m.Dir)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", m.Path, err)
		}
		for _, t := range texts {
			if linked.Copyleft(t.ID) {
				return nil, fmt.Errorf("%s is under %s, which must not be linked", m.Path, t.ID)
			}
			fmt.Fprintf(&b, "\n%s\n%s %s, %s", strings.Repeat("=", 80), m.Path, m.Version, t.Name)
			if t.ID != "" {
				fmt.Fprintf(&b, " (%s)", t.ID)
			}
			fmt.Fprintf(&b, "\n%s\n\n%s\n", strings.Repeat("=", 80), strings.TrimSpace(strings.ReplaceAll(t.Body, "\r\n", "\n")))
		}
	}
	return b.Bytes(), nil
}
