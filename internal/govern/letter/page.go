package letter

import (
	"fmt"
	"html"
	"strings"

	"github.com/beffroi/beffroi/internal/format/pdf"
	"github.com/beffroi/beffroi/internal/problem"
)

// Page gives a document as an HTML page that needs no script and no style.
// Errors: problem.BadRequestData for a block that letters do not have.
func Page(d *pdf.Document) ([]byte, error) {
	var b strings.Builder
	fmt.Fprintf(&b, "<!doctype html>\n<html lang=\"%s\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>%s</title>\n</head>\n<body>\n<main>\n",
		html.EscapeString(d.Lang), html.EscapeString(d.Title))
	for _, block := range d.Blocks {
		switch block := block.(type) {
		case pdf.Heading:
			fmt.Fprintf(&b, "<h%d>%s</h%d>\n", block.Level, inline(block.Text), block.Level)
		case pdf.Paragraph:
			fmt.Fprintf(&b, "<p>%s</p>\n", inline(block.Text))
		case pdf.List:
			b.WriteString(list(&block))
		default:
			return nil, problem.New(problem.BadRequestData, "a letter holds headings, paragraphs and lists, no %T", block)
		}
	}
	b.WriteString("</main>\n</body>\n</html>\n")
	return []byte(b.String()), nil
}

// list writes a list and those within it.
func list(l *pdf.List) string {
	tag := "ul"
	if l.Numbered {
		tag = "ol"
	}
	var b strings.Builder
	fmt.Fprintf(&b, "<%s>\n", tag)
	for _, it := range l.Items {
		b.WriteString("<li>" + inline(it.Text))
		if it.Sub != nil {
			b.WriteString("\n" + list(it.Sub))
		}
		b.WriteString("</li>\n")
	}
	fmt.Fprintf(&b, "</%s>\n", tag)
	return b.String()
}

// inline writes spans.
func inline(spans []pdf.Span) string {
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
