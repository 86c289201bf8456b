package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/goccy/go-yaml"
)

// The marks between which README.md holds what is generated.
const (
	tableBegins = "<!-- status: generated from docs/status.yaml, make gen -->"
	tableEnds   = "<!-- /status -->"
)

// area is a group of rows of the table.
type area struct {
	Area  string `yaml:"area"`
	Parts []part `yaml:"parts"`
}

// part is one thing that works, works in part or does not work yet.
type part struct {
	What  string   `yaml:"what"`
	State string   `yaml:"state"` // works, partly, not yet
	Note  string   `yaml:"note"`  // what is missing: owed for partly
	Proof []string `yaml:"proof"` // files or folders of the tests that show it: owed for works and partly
}

// readme puts the table of docs/status.yaml into README.md.
func readme(_ context.Context, root string) ([]byte, error) {
	have, err := os.ReadFile(filepath.Join(root, "README.md"))
	if err != nil {
		return nil, &notYet{"there is no README.md"}
	}
	data, err := os.ReadFile(filepath.Join(root, "docs", "status.yaml"))
	if err != nil {
		return nil, err
	}
	table, err := statusTable(data, func(p string) bool {
		_, err := os.Stat(filepath.Join(root, p))
		return err == nil
	})
	if err != nil {
		return nil, fmt.Errorf("docs/status.yaml: %w", err)
	}
	return between(have, table)
}

// between replaces what stands between the marks of text.
func between(text []byte, table string) ([]byte, error) {
	head, rest, ok := bytes.Cut(text, []byte(tableBegins))
	if !ok {
		return nil, fmt.Errorf("the mark %q is missing", tableBegins)
	}
	_, tail, ok := bytes.Cut(rest, []byte(tableEnds))
	if !ok {
		return nil, fmt.Errorf("the mark %q is missing", tableEnds)
	}
	return bytes.Join([][]byte{head, []byte(tableBegins + "\n" + table + tableEnds), tail}, nil), nil
}

// statusTable makes the Markdown table. exists tells whether a proof is there:
// a part may only be said to work when its tests are.
func statusTable(data []byte, exists func(path string) bool) (string, error) {
	var areas []area
	if err := yaml.UnmarshalWithOptions(data, &areas, yaml.Strict()); err != nil {
		return "", err
	}
	var b strings.Builder
	for _, a := range areas {
		fmt.Fprintf(&b, "\n| %s | | |\n|---|---|---|\n", a.Area)
		for _, p := range a.Parts {
			if err := p.check(exists); err != nil {
				return "", fmt.Errorf("%s, %q: %w", a.Area, p.What, err)
			}
			fmt.Fprintf(&b, "| %s | %s | %s |\n", p.What, p.State, p.Note)
		}
	}
	b.WriteString("\n")
	return b.String(), nil
}

// check refuses a part that says more than it shows.
func (p part) check(exists func(string) bool) error {
	switch p.State {
	case "not yet":
		return nil
	case "partly":
		if p.Note == "" {
			return fmt.Errorf("partly, but note does not say what is missing")
		}
	case "works":
	default:
		return fmt.Errorf("state %q is none of works, partly, not yet", p.State)
	}
	if len(p.Proof) == 0 {
		return fmt.Errorf("%s, but proof names no test", p.State)
	}
	for _, path := range p.Proof {
		if !exists(path) {
			return fmt.Errorf("proof %s does not exist", path)
		}
	}
	return nil
}
