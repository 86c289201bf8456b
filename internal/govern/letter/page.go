package letter

import (
	"github.com/beffroi/beffroi/internal/format/pdf"
	"github.com/beffroi/beffroi/internal/problem"
)

// Page gives a document as an HTML page that needs no script and no style.
// Errors: problem.BadRequestData for a block that letters do not have.
func Page(d *pdf.Document) ([]byte, error) {
	for _, block := range d.Blocks {
		switch block.(type) {
		case pdf.Heading, pdf.Paragraph, pdf.List:
		default:
			return nil, problem.New(problem.BadRequestData, "a letter holds headings, paragraphs and lists, no %T", block)
		}
	}
	return pdf.Page(d, "")
}
