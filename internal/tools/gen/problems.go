package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/beffroi/beffroi/internal/problem"
)

// problemPage makes the page that documents every kind of failure.
func problemPage(context.Context, string) ([]byte, error) {
	var b bytes.Buffer
	b.WriteString(`# What an error says

<!-- Generated from internal/problem: make gen. -->

The body of an error has ` + "`type`, `title`, `detail`, `status` and `traceId`" + `. Programs look at ` + "`type`" + `; people read ` + "`detail`" + `, which
says what was wrong, where, and how to mend it; the trace id finds the matching line in the server's log.

| kind | status | when |
|---|---|---|
`)
	for _, k := range problem.Kinds() {
		fmt.Fprintf(&b, "| [%s](%s) | %d | %s |\n", k.Name, k.URI, k.Status, k.When)
	}
	return b.Bytes(), nil
}

// problemTypes makes the page's type of every kind.
func problemTypes(_ context.Context, root string) ([]byte, error) {
	if _, err := os.Stat(filepath.Join(root, "web", "src")); err != nil {
		return nil, &notYet{"there is no web/src"}
	}
	var b bytes.Buffer
	b.WriteString("// Code generated from internal/problem by make gen. DO NOT EDIT.\n\n/** The `type` of a problem document, by kind. */\nexport const problems = {\n")
	for _, k := range problem.Kinds() {
		fmt.Fprintf(&b, "  %s: { type: %q, status: %d },\n", k.Name, k.URI, k.Status)
	}
	b.WriteString("} as const;\n\n/** The name of a kind of failure. */\nexport type ProblemKind = keyof typeof problems;\n")
	return b.Bytes(), nil
}
