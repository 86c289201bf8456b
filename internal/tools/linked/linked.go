// Package linked tells which third-party packages end up in the binary, and
// under which licences.
//
// It is for the generator and for tests, which run the go command; nothing of
// the product imports it. What always holds: the answer is that of the released
// binary (Linux, no cgo), whatever machine asks.
package linked

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// Main is the command whose packages are looked at.
const Main = "./cmd/beffroi"

// Module is a third-party module with at least one linked package.
type Module struct {
	Path     string
	Version  string
	Dir      string   // in the module cache
	Packages []string // import paths, sorted
}

// Modules lists the linked modules of the tree at root, sorted by path, for
// both released architectures together.
//
// Errors: the go command fails, for instance because something does not compile.
func Modules(ctx context.Context, root string) ([]Module, error) {
	byPath := map[string]*Module{}
	for _, arch := range []string{"amd64", "arm64"} {
		cmd := exec.CommandContext(ctx, "go", "list", "-deps", "-json=ImportPath,Standard,Module", Main)
		cmd.Dir = root
		cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS=linux", "GOARCH="+arch)
		var stderr bytes.Buffer
		cmd.Stderr = &stderr
		out, err := cmd.Output()
		if err != nil {
			return nil, fmt.Errorf("go list %s: %w: %s", Main, err, strings.TrimSpace(stderr.String()))
		}
		if err := gather(byPath, out); err != nil {
			return nil, err
		}
	}
	var mods []Module
	for _, m := range byPath {
		slices.Sort(m.Packages)
		m.Packages = slices.Compact(m.Packages)
		mods = append(mods, *m)
	}
	slices.SortFunc(mods, func(a, b Module) int { return cmp.Compare(a.Path, b.Path) })
	return mods, nil
}

// gather adds the third-party packages of one answer of go list.
func gather(byPath map[string]*Module, out []byte) error {
	dec := json.NewDecoder(bytes.NewReader(out))
	for {
		var p struct {
			ImportPath string
			Standard   bool
			Module     *struct {
				Path, Version, Dir string
				Main               bool
			}
		}
		err := dec.Decode(&p)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("read what go list says: %w", err)
		}
		if p.Standard || p.Module == nil || p.Module.Main {
			continue
		}
		m := byPath[p.Module.Path]
		if m == nil {
			m = &Module{Path: p.Module.Path, Version: p.Module.Version, Dir: p.Module.Dir}
			byPath[m.Path] = m
		}
		m.Packages = append(m.Packages, p.ImportPath)
	}
}

// Text is one licence or notice file of a module.
type Text struct {
	Name string // of the file
	Body string
	ID   string // SPDX identifier, "" for a notice
}

// Texts reads the licence and notice files at the top of a module's folder.
//
// Errors: there is no licence file, or one that is not recognised.
func Texts(dir string) ([]Text, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	var out []Text
	licensed := false
	for _, e := range entries {
		name := strings.ToLower(e.Name())
		licence := strings.HasPrefix(name, "licen") || strings.HasPrefix(name, "copying") || strings.HasPrefix(name, "unlicense")
		if !e.Type().IsRegular() || !licence && !strings.HasPrefix(name, "notice") || strings.HasSuffix(name, ".go") {
			continue
		}
		body, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			return nil, err
		}
		t := Text{Name: e.Name(), Body: string(body)}
		if licence {
			if t.ID = Identify(t.Body); t.ID == "" {
				return nil, fmt.Errorf("%s: the licence is not recognised: teach it to Identify in internal/tools/linked", filepath.Join(dir, e.Name()))
			}
			licensed = true
		}
		out = append(out, t)
	}
	if !licensed {
		return nil, fmt.Errorf("%s has no licence file", dir)
	}
	return out, nil
}

// Identify names the licence that a text is, by its SPDX identifier. A text
// of several licences gets them joined by " AND ". "" means: not recognised.
func Identify(text string) string {
	flat := strings.ToLower(strings.Join(strings.Fields(text), " "))
	has := func(parts ...string) bool {
		return !slices.ContainsFunc(parts, func(p string) bool { return !strings.Contains(flat, p) })
	}
	var ids []string
	add := func(id string, when bool) {
		if when {
			ids = append(ids, id)
		}
	}
	// A licence that only permits combination with the GNU ones names them
	// too; their own texts call themselves so and carry a preamble or terms.
	add("AGPL-3.0", has("gnu affero general public license", "version 3, 19 november 2007"))
	add("LGPL", has("gnu lesser general public license", "as used herein") || has("gnu lesser general public license", "version 2.1, february 1999"))
	add("GPL", has("gnu general public license", "everyone is permitted to copy and distribute verbatim copies of this license document", "preamble") && !has("gnu affero"))
	add("Apache-2.0", has("apache license", "version 2.0") || has("licensed under the apache license"))
	add("MPL-2.0", has("mozilla public license version 2.0"))
	add("EPL-2.0", has("eclipse public license - v 2.0"))
	add("BSD-3-Clause", has("redistribution and use in source and binary forms", "endorse or promote"))
	add("BSD-2-Clause", has("redistribution and use in source and binary forms") && !has("endorse or promote"))
	add("MIT", has("permission is hereby granted, free of charge, to any person obtaining a copy", "the software is provided \"as is\""))
	add("ISC", has("permission to use, copy, modify, and/or distribute this software for any purpose"))
	add("Unlicense", has("this is free and unencumbered software released into the public domain"))
	add("CC0-1.0", has("cc0 1.0 universal"))
	return strings.Join(ids, " AND ")
}

// Copyleft tells whether an identifier names a licence that would reach over
// to the whole binary.
func Copyleft(id string) bool { return strings.Contains(id, "GPL") }

// List gives the committed list: modules with versions, packages below them.
func List(mods []Module) []byte {
	var b bytes.Buffer
	b.WriteString("# Every third-party package in the released binary. Generated: make gen.\n")
	for _, m := range mods {
		fmt.Fprintf(&b, "\n%s %s\n", m.Path, m.Version)
		for _, p := range m.Packages {
			fmt.Fprintf(&b, "\t%s\n", p)
		}
	}
	return b.Bytes()
}
