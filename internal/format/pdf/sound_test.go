package pdf

import (
	"bytes"
	"io"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/klauspost/compress/zlib"
)

// readable checks what a reader relies on: every object is where the table
// says, no number points nowhere, content is marked in pairs, and every mark is
// in the tree.
func readable(t *testing.T, data []byte) {
	t.Helper()
	start := bytes.LastIndex(data, []byte("startxref\n"))
	at, err := strconv.Atoi(string(data[start+10 : start+10+bytes.IndexByte(data[start+10:], '\n')]))
	if err != nil || !bytes.HasPrefix(data[at:], []byte("xref\n0 ")) {
		t.Fatalf("no table of objects at %d", at)
	}
	lines := strings.Split(string(data[at:start]), "\n")
	n, _ := strconv.Atoi(strings.Fields(lines[1])[1])
	for i := 1; i < n; i++ {
		o, _ := strconv.Atoi(lines[2+i][:10])
		if !bytes.HasPrefix(data[o:], []byte(strconv.Itoa(i)+" 0 obj\n<<")) {
			t.Fatalf("object %d is not at %d", i, o)
		}
	}
	marks := 0
	for _, m := range regexp.MustCompile(`(?s)<< /Filter /FlateDecode /Length \d+>>\nstream\n(.*?)\nendstream`).FindAllSubmatch(data, -1) {
		z, err := zlib.NewReader(bytes.NewReader(m[1]))
		if err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(z)
		if err != nil {
			t.Fatal(err)
		}
		if bytes.HasPrefix(b, []byte("/CIDInit")) {
			continue
		}
		depth := 0
		for _, l := range strings.Split(string(b), "\n") {
			switch {
			case strings.HasSuffix(l, "BDC"), strings.HasSuffix(l, "BMC"):
				depth++
			case l == "EMC":
				depth--
			case l != "" && depth != 1:
				t.Fatalf("%q is neither content nor artifact", l)
			}
			if depth < 0 || depth > 1 {
				t.Fatalf("marks are not in pairs at %q", l)
			}
		}
		if depth != 0 {
			t.Fatal("a mark is left open")
		}
		marks += strings.Count(string(b), "/MCID")
	}
	if got := strings.Count(string(data), "/Type /MCR"); got != marks {
		t.Fatalf("%d pieces of content and %d in the tree", marks, got)
	}
	if bytes.Contains(data, []byte(" 0 0 R")) {
		t.Fatal("a number points to no object")
	}
}

// FuzzWrite makes documents from a script: each byte chooses what is next, and
// text follows it.
func FuzzWrite(f *testing.F) {
	f.Add("htitle\x00pParagraph with text that goes on\x00lone\x00itwo\x00thead\x00rcell", uint8(3))
	f.Add("p"+strings.Repeat("long ", 200)+"\x00t"+strings.Repeat("w", 300)+"\x00r"+strings.Repeat("cell ", 200), uint8(12))
	f.Add("kanother\x00hx\x00bbold-text- \x00pд", uint8(1))
	f.Fuzz(func(t *testing.T, script string, columns uint8) {
		if len(script) > 3_000 {
			return
		}
		d := &Document{Title: "fuzz", Lang: "en", Made: made, Footer: "{page}/{pages}", Header: script[:min(len(script), 5)]}
		cols := int(columns)%12 + 1
		var spans []Span
		for part := range strings.SplitSeq(script, "\x00") {
			if part == "" {
				continue
			}
			text := part[1:]
			spans = append(spans, Span{Text: text, Bold: part[0]&1 == 0, Italic: part[0]&8 == 0})
			switch part[0] {
			case 'h':
				d.Blocks = append(d.Blocks, Heading{1, Text(text)})
			case 'k':
				spans[len(spans)-1].Link = "https://example.org/" + text
			case 'g':
				spans[len(spans)-1].Lang = "nl"
			case 'l':
				d.Blocks = append(d.Blocks, List{Items: []Item{{Text: spans, Sub: &List{Numbered: true, Items: []Item{{Text: Text(text)}, {}}}}}})
			case 't', 'r':
				row := make([][]Span, cols)
				for i := range row {
					row[i] = Text("c" + text)
				}
				row[0] = append(row[0], spans...)
				d.Blocks = append(d.Blocks, Table{Caption: Text(text), Head: row, Rows: [][][]Span{row, row}, RowHeads: part[0] == 'r', Right: []int{1}})
			default:
				d.Blocks = append(d.Blocks, Paragraph{spans})
				spans = nil
			}
		}
		data, err := Write(d)
		if err != nil {
			return
		}
		readable(t, data)
	})
}
