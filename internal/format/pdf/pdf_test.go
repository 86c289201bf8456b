package pdf

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/beffroi/beffroi/internal/problem"
)

var made = time.Date(2026, 3, 2, 9, 30, 0, 0, time.UTC)

// picturePNG is a small drawing with clear parts.
func picturePNG(t testing.TB) []byte {
	m := image.NewNRGBA(image.Rect(0, 0, 120, 60))
	for x := range 120 {
		for y := range 60 {
			if y > 60-x/2 {
				m.SetNRGBA(x, y, color.NRGBA{31, 63, 160, 255})
			}
		}
	}
	var b bytes.Buffer
	if err := png.Encode(&b, m); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// sample holds one of each block and a table over more than a page.
func sample(t testing.TB) *Document {
	long := strings.Repeat("La ville publie ses données là où elles naissent, et dit d’où elles viennent. ", 6)
	var rows [][][]Span
	for i := range 45 {
		rows = append(rows, [][]Span{Text(fmt.Sprintf("Compteur %d", i+1)), Text("Cyclistes par heure, mesurés dans les deux sens"), Text(fmt.Sprint(1000 + i*37))})
	}
	return &Document{
		Title: "Registre des décisions", Lang: "fr", Author: "Ville de Démo", Made: made,
		Header: "Ville de Démo", Footer: "Page {page} sur {pages}",
		Blocks: []Block{
			Heading{1, Text("Registre des décisions")},
			Paragraph{Text(long)},
			Paragraph{[]Span{{Text: "Une "}, {Text: "décision", Bold: true}, {Text: " se lit "}, {Text: "vite", Italic: true}, {Text: ", et le "}, {Text: "Wet open overheid", Lang: "nl"}, {Text: " est cité tel quel ; voir "}, {Text: "le texte du règlement, tel que publié au Journal officiel", Link: "https://data.example/règlement"}, {Text: "."}}},
			Heading{2, Text("Ce qui manque")},
			List{Items: []Item{{Text: Text("un titre")}, {Text: Text("une licence"), Sub: &List{Numbered: true, Items: []Item{{Text: Text("ouverte")}, {Text: Text(long)}}}}}},
			Heading{3, Text("Mesures")},
			Figure{Image: picturePNG(t), Alt: "Courbe qui monte", Caption: Text("Figure 1 : passages"), WidthMM: 80},
			Table{Caption: Text("Passages par compteur"), Head: [][]Span{Text("Compteur"), Text("Mesure"), Text("Passages")}, Rows: rows, RowHeads: true, Right: []int{2}},
			Heading{2, Text("Suite")},
			Heading{3, Text("Détail")},
			Heading{4, Text("Détail du détail")},
			Paragraph{Text("NO₂ ≤ 40 µg/m³, 12 € « œuvre » – fin.")},
		},
	}
}

// words gives the words of d in reading order.
func words(d *Document) string {
	var out []string
	add := func(s []Span) { out = append(out, plain(s)) }
	var list func(l *List)
	list = func(l *List) {
		for i, it := range l.Items {
			if l.Numbered {
				out = append(out, fmt.Sprintf("%d.", i+1))
			} else {
				out = append(out, "•")
			}
			add(it.Text)
			if it.Sub != nil {
				list(it.Sub)
			}
		}
	}
	for _, b := range d.Blocks {
		switch b := b.(type) {
		case Heading:
			add(b.Text)
		case Paragraph:
			add(b.Text)
		case List:
			list(&b)
		case Figure:
			add(b.Caption)
		case Table:
			add(b.Caption)
			for _, r := range append([][][]Span{b.Head}, b.Rows...) {
				for _, c := range r {
					add(c)
				}
			}
		}
	}
	return strings.Join(strings.Fields(strings.Join(out, " ")), " ")
}

// tool runs a program of poppler or qpdf on a file with data.
func tool(t *testing.T, data []byte, name string, args ...string) string {
	t.Helper()
	if _, err := exec.LookPath(name); err != nil {
		t.Skipf("%s is not on this machine; test/ci/machine.sh installs it", name)
	}
	path := filepath.Join(t.TempDir(), "d.pdf")
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	for i := range args {
		args[i] = strings.ReplaceAll(args[i], "FILE", path)
	}
	out, err := exec.Command(name, args...).CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v\n%s", name, err, out)
	}
	return string(out)
}

func write(t testing.TB, d *Document) []byte {
	t.Helper()
	data, err := Write(d)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func TestTextInReadingOrder(t *testing.T) {
	d := sample(t)
	want := words(d)
	tree := tool(t, write(t, d), "pdfinfo", "-struct-text", "FILE")
	var got strings.Builder
	for _, m := range regexp.MustCompile(`(?m)^ *"(.*)"$`).FindAllStringSubmatch(tree, -1) {
		got.WriteString(m[1] + " ")
	}
	// The tool begins a line wherever the manner changes, so spaces say nothing.
	squeeze := func(s string) string { return strings.Join(strings.Fields(s), "") }
	if squeeze(got.String()) != squeeze(want) {
		t.Errorf("the tree says\n%s\nwant\n%s", got.String(), want)
	}
	d.Header, d.Footer = "", ""
	d.Blocks[7] = Table{Head: [][]Span{Text("Tête")}, Rows: [][][]Span{{Text("corps")}}}
	if got := strings.Join(strings.Fields(tool(t, write(t, d), "pdftotext", "-raw", "FILE", "-")), " "); got != words(d) {
		t.Errorf("the content says\n%s\nwant\n%s", got, words(d))
	}
}

func TestStructureIsWhatTheDocumentIs(t *testing.T) {
	tree := tool(t, write(t, sample(t)), "pdfinfo", "-struct", "FILE")
	for kind, want := range map[string]int{"Document": 1, "H1": 1, "H2": 2, "H3": 2, "H4": 1, "P": 4, "L": 2, "LI": 4, "Lbl": 4, "LBody": 4,
		"Figure": 1, "Table": 1, "Caption": 1, "THead": 1, "TBody": 1, "TR": 46, "TH": 48, "TD": 90, "Link": 1, "Span": 1} {
		if got := len(regexp.MustCompile(`(?m)^ *`+kind+`( |:|$)`).FindAllString(tree, -1)); got != want {
			t.Errorf("%d of %s, want %d", got, kind, want)
		}
	}
	for what, want := range map[string]int{"/Scope /Column": 3, "/Scope /Row": 45, "/ListNumbering /Disc": 1, "/ListNumbering /Decimal": 1} {
		if got := strings.Count(tree, what+"\n"); got != want {
			t.Errorf("%d of %q, want %d", got, what, want)
		}
	}
	if t.Failed() {
		t.Log(tree[:min(len(tree), 3000)])
	}
}

func TestFileIsSound(t *testing.T) {
	data := write(t, sample(t))
	readable(t, data)
	if out := tool(t, data, "qpdf", "--check", "FILE"); !strings.Contains(out, "No syntax or stream encoding errors") {
		t.Error(out)
	}
	info := tool(t, data, "pdfinfo", "FILE")
	for _, want := range []string{"Registre des décisions", "Ville de Démo", "Tagged:          yes", "Pages:           3", "A4"} {
		if !strings.Contains(info, want) {
			t.Errorf("no %q in\n%s", want, info)
		}
	}
	fonts := tool(t, data, "pdffonts", "FILE")
	if got := strings.Count(fonts, "yes yes yes"); got != 3 {
		t.Errorf("%d fonts embedded, subset and with their text, want 3:\n%s", got, fonts)
	}
}

func TestSameBytes(t *testing.T) {
	a, b := write(t, sample(t)), write(t, sample(t))
	if !bytes.Equal(a, b) {
		t.Error("the same document gives other bytes")
	}
	if got, want := fmt.Sprintf("%x", sha256.Sum256(a)), golden; got != want {
		t.Errorf("the digest of the sample is %s (%d bytes), want %s: look at the pages, then change it", got, len(a), want)
	}
}

const golden = "00c98cf0733d6f6124ecb75b9a4370794837798a2534839f3c8be5bc508f2675"

func TestJPEG(t *testing.T) {
	var b bytes.Buffer
	if err := jpeg.Encode(&b, image.NewGray(image.Rect(0, 0, 30, 900)), nil); err != nil {
		t.Fatal(err)
	}
	data := write(t, &Document{Title: "t", Lang: "nl", Made: made, Blocks: []Block{Figure{Image: b.Bytes(), Alt: "een toren"}}})
	if out := tool(t, data, "pdfimages", "-list", "FILE"); !strings.Contains(out, "jpeg") || !strings.Contains(out, "gray") {
		t.Error(out)
	}
}

func TestWhatCannotBeWritten(t *testing.T) {
	ok := func(blocks ...Block) *Document {
		return &Document{Title: "t", Lang: "en", Made: made, Blocks: blocks}
	}
	for _, c := range []struct {
		name, want string
		doc        *Document
	}{
		{"no title", "needs a title", &Document{Lang: "en", Made: made}},
		{"no language", "needs the language", &Document{Title: "t", Made: made}},
		{"no time", "needs the time", &Document{Title: "t", Lang: "en"}},
		{"first heading", "level 2 cannot follow one of level 0", ok(Heading{2, Text("x")})},
		{"skipped level", "block 2: a heading of level 3 cannot follow one of level 1", ok(Heading{1, Text("x")}, Heading{3, Text("y")})},
		{"empty heading", "needs text", ok(Heading{1, Text(" ")})},
		{"letters", `block 1: item`, nil},
		{"figure without words", "words that stand for it", ok(Figure{Image: picturePNG(t)})},
		{"no picture", "PNG or JPEG", ok(Figure{Image: []byte("x"), Alt: "x"})},
		{"cells", "row 1: it has 1 cells and the table 2 columns", ok(Table{Head: [][]Span{Text("a"), Text("b")}, Rows: [][][]Span{{Text("c")}}})},
		{"no columns", "1 to 12 columns", ok(Table{})},
		{"empty list", "needs an item", ok(List{})},
		{"link", "not an absolute address", ok(Paragraph{[]Span{{Text: "x", Link: "javascript:alert(1)"}}})},
		{"span language", "not a language tag", ok(Paragraph{[]Span{{Text: "x", Lang: "?"}}})},
		{"nil", "not a block", ok(nil)},
	} {
		if c.doc == nil {
			c.doc, c.want = ok(Paragraph{Text("привет, 市")}), `'\u043f' (U+043F, block 1)`
		}
		_, err := Write(c.doc)
		if !problem.Is(err, problem.BadRequestData) || !strings.Contains(problem.DetailOf(err), c.want) {
			t.Errorf("%s: %v, want %q", c.name, err, c.want)
		}
	}
}

// count gives how often what stands in data.
func count(data []byte, what string) int { return bytes.Count(data, []byte(what)) }

func TestWhatReadersAskFor(t *testing.T) {
	data := write(t, sample(t))
	for what, want := range map[string]int{
		"/MarkInfo <</Marked true>>": 1, "/ViewerPreferences <</DisplayDocTitle true>>": 1, "/Tabs /S": 3,
		"<pdfuaid:part>1</pdfuaid:part>": 1, `xml:lang="x-default">Registre des décisions<`: 1, "<dc:language><rdf:Bag><rdf:li>fr<": 1,
		"/Lang " + str("fr"): 1, "/Lang " + str("nl"): 1, "/Alt " + str("Courbe qui monte"): 1,
		"/XYZ 0 ": 6, "/Subtype /Link": 2, "/Contents " + str("publié au Journal officiel"): 1,
		fmt.Sprintf("/URI <%X>", "https://data.example/r%C3%A8glement"): 2, "/CreationDate (D:20260302093000Z)": 1,
	} {
		if got := count(data, what); got != want {
			t.Errorf("%d of %q, want %d", got, what, want)
		}
	}
	bare := write(t, &Document{Title: "t", Lang: "en", Made: made})
	for _, what := range []string{"/Author", "dc:creator>", "/Outlines"} {
		if count(bare, what) > 0 {
			t.Errorf("a document without it has %q", what)
		}
	}
}

// pageText gives the words of one page, furniture included.
func pageText(t *testing.T, data []byte, page string) string {
	t.Helper()
	return strings.Join(strings.Fields(tool(t, data, "pdftotext", "-raw", "-f", page, "-l", page, "FILE", "-")), " ")
}

func TestHeadsAndFurnitureOnEachPage(t *testing.T) {
	data := write(t, sample(t))
	for _, page := range []string{"2", "3"} {
		got := pageText(t, data, page)
		if !strings.Contains(got, "Compteur Mesure Passages Compteur") || !strings.Contains(got, "Page "+page+" sur 3") || !strings.Contains(got, "Ville de Démo") {
			t.Errorf("page %s: %s", page, got)
		}
	}
}

// TestBreaks moves a paragraph of many lines down a page line by line: no page
// ends with its first line or begins with its last, and no heading is left
// alone.
func TestBreaks(t *testing.T) {
	para := strings.TrimSpace(strings.Repeat("abcdefgh ", 40))
	for n := 40; n < 92; n++ {
		before, headed := float64(n/2)*15, n%2 == 0
		l := newLayout(&Document{Lang: "en"}, mustFaces(t))
		l.y -= before
		if headed {
			l.heading(Heading{1, Text("Head")})
		}
		at := len(l.pages)
		l.paragraph(Paragraph{Text(para)})
		lines := make([]int, len(l.pages))
		for i, p := range l.pages {
			lines[i] = strings.Count(p.b.String(), "Tj")
		}
		if headed {
			lines[at-1]--
		}
		first, last := lines[at-1], lines[len(lines)-1]
		if len(lines) > 2 || first == 1 || first == 0 && headed || len(lines) > at && last < 2 {
			t.Errorf("%g points down, below a heading %t: lines on pages %v", before, headed, lines)
		}
	}
}

func mustFaces(t *testing.T) *[styles]*face {
	t.Helper()
	f, err := loadFaces()
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func TestNumbersWithHyphensStayWhole(t *testing.T) {
	for in, want := range map[string]string{"R311-13 et": "R311-13 ", "porte-monnaie": "porte-", "mot": "mot", "deux  mots": "deux  ", "2019-1024": "2019-1024"} {
		if n, _ := cut(in); in[:n] != want {
			t.Errorf("%q is cut as %q, want %q", in, in[:n], want)
		}
	}
}

func TestAccentsApartAreComposed(t *testing.T) {
	data := write(t, &Document{Title: "t", Lang: "fr", Made: made, Blocks: []Block{Paragraph{Text("de\u0301cide\u0301")}}})
	if got := strings.TrimSpace(tool(t, data, "pdftotext", "FILE", "-")); got != "décidé" {
		t.Errorf("%q", got)
	}
}
