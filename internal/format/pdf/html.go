package pdf

import (
	"fmt"
	"html"
	"strings"

	"github.com/beffroi/beffroi/internal/problem"
)

// Page gives a document as an HTML page that needs no script: the same text in
// the same order and structure as the file of Write, without header and
// footer. style, if there is one, is the address of a style sheet.
//
// Errors: problem.BadRequestData for a figure: pages hold no pictures.
func Page(d *Document, style string) ([]byte, error) {
	var b strings.Builder
	fmt.Fprintf(&b, "<!doctype html>\n<html lang=\"%s\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>%s</title>\n", html.EscapeString(d.Lang), html.EscapeString(d.Title))
	if style != "" {
		fmt.Fprintf(&b, "<link rel=\"stylesheet\" href=\"%s\">\n", html.EscapeString(style))
	}
	b.WriteString("</head>\n<body>\n<main>\n")
	for _, block := range d.Blocks {
		switch block := block.(type) {
		case Heading:
			fmt.Fprintf(&b, "<h%d>%s</h%d>\n", block.Level, inline(block.Text), block.Level)
		case Paragraph:
			fmt.Fprintf(&b, "<p>%s</p>\n", inline(block.Text))
		case List:
			b.WriteString(listPage(&block))
		case Table:
			b.WriteString(tablePage(&block))
		default:
			return nil, problem.New(problem.BadRequestData, "a page holds headings, paragraphs, lists and tables, no %T", block)
		}
	}
	b.WriteString("</main>\n</body>\n</html>\n")
	return []byte(b.String()), nil
}

// listPage writes a list and those within it.
func listPage(l *List) string {
	tag := "ul"
	if l.Numbered {
		tag = "ol"
	}
	var b strings.Builder
	fmt.Fprintf(&b, "<%s>\n", tag)
	for _, it := range l.Items {
		b.WriteString("<li>" + inline(it.Text))
		if it.Sub != nil {
			b.WriteString("\n" + listPage(it.Sub))
		}
		b.WriteString("</li>\n")
	}
	fmt.Fprintf(&b, "</%s>\n", tag)
	return b.String()
}

func tablePage(t *Table) string {
	var b strings.Builder
	b.WriteString("<table>\n")
	if len(t.Caption) > 0 {
		b.WriteString("<caption>" + inline(t.Caption) + "</caption>\n")
	}
	b.WriteString("<thead><tr>")
	for _, c := range t.Head {
		b.WriteString("<th scope=\"col\">" + inline(c) + "</th>")
	}
	b.WriteString("</tr></thead>\n<tbody>\n")
	for _, row := range t.Rows {
		b.WriteString("<tr>")
		for i, c := range row {
			if i == 0 && t.RowHeads {
				b.WriteString("<th scope=\"row\">" + inline(c) + "</th>")
				continue
			}
			b.WriteString("<td>" + inline(c) + "</td>")
		}
		b.WriteString("</tr>\n")
	}
	b.WriteString("</tbody>\n</table>\n")
	return b.String()
}

// inline writes spans.
func inline(spans []Span) string {
	var b strings.Builder
	for _, s := range spans {
		text := html.EscapeString(s.Text)
		if s.Italic {
			text = "<em>" + text + "</em>"
		}
		if s.Bold {
			text = "<strong>" + text + "</strong>"
		}
		lang := ""
		if s.Lang != "" {
			lang = " lang=\"" + html.EscapeString(s.Lang) + "\""
		}
		switch {
		case s.Link != "":
			text = "<a href=\"" + html.EscapeString(s.Link) + "\"" + lang + ">" + text + "</a>"
		case lang != "":
			text = "<span" + lang + ">" + text + "</span>"
		}
		b.WriteString(text)
	}
	return b.String()
}
