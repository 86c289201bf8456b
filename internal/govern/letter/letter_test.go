package letter

import (
	"html"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/beffroi/beffroi/internal/format/pdf"
	"github.com/beffroi/beffroi/internal/govern/deadline"
	"github.com/beffroi/beffroi/internal/govern/law"
	"github.com/beffroi/beffroi/internal/problem"
)

func shipped(t *testing.T) (*law.Book, *deadline.Calendar) {
	t.Helper()
	book, err := law.Shipped()
	if err != nil {
		t.Fatal(err)
	}
	cals, err := deadline.Shipped()
	if err != nil {
		t.Fatal(err)
	}
	return book, cals["FR"]
}

// example is a letter with all that any kind needs.
func example(kind Kind, lang, rule string) Letter {
	paris, _ := time.LoadLocation("Europe/Paris")
	return Letter{
		Kind: kind, Lang: lang, Rule: rule, Reference: "2026-0042", Request: "Comptages <piétons> & vélos, par heure",
		Desk: []string{"Guichet des données, Ville de Démo", "1 place du Beffroi"}, To: []string{"Zoë Özgür-Łukasz", "12 rue Haute"},
		Received: time.Date(2026, 3, 16, 23, 30, 0, 0, paris), Sent: time.Date(2026, 3, 18, 9, 0, 0, 0, paris),
		Reasons:    []string{"Les fichiers comptent douze services.", "Deux titulaires de droits sont à consulter."},
		Conditions: []string{"Citer la source.", "Aucune redevance."},
		Redress:    "Vous pouvez saisir l’organe de recours dans les deux mois.",
	}
}

// said gives the text of an HTML page in its order, list marks included.
func said(page []byte) string {
	s := string(page)
	s = s[strings.Index(s, "<main>"):]
	n, stack := 0, []string{}
	s = regexp.MustCompile(`<(/?)(ol|ul|li|[a-z0-9]+)[^>]*>`).ReplaceAllStringFunc(s, func(tag string) string {
		switch tag {
		case "<ol>", "<ul>":
			n, stack = 0, append(stack, tag)
		case "<li>":
			if n++; stack[len(stack)-1] == "<ol>" {
				return " " + string(rune('0'+n)) + ". "
			}
			return " • "
		case "<strong>", "</strong>", "<em>", "</em>", "</a>":
			return ""
		}
		if strings.HasPrefix(tag, "<a ") {
			return ""
		}
		return " "
	})
	return strings.Join(strings.Fields(html.UnescapeString(s)), " ")
}

func TestPageAndPDFSayTheSame(t *testing.T) {
	book, cal := shipped(t)
	for _, kind := range []Kind{Acknowledgement, Question, Extension, Transfer, Grant, Partial, Refusal} {
		for _, lang := range law.Languages() {
			for _, rule := range []string{"DGA-9.1", "G-12.3", "FR-2", "ODD-4.2"} {
				t.Run(string(kind)+"/"+lang+"/"+rule, func(t *testing.T) {
					d, err := example(kind, lang, rule).Document(book, cal)
					if err != nil {
						t.Fatal(err)
					}
					page, err := Page(d)
					if err != nil {
						t.Fatal(err)
					}
					if strings.Contains(said(page), "{") {
						t.Errorf("a place is not filled: %s", said(page))
					}
					if _, r := book.Rule(rule); !strings.Contains(said(page), r.Article) {
						t.Errorf("no %s in %s", r.Article, said(page))
					}
					file, err := pdf.Write(d)
					if err != nil {
						t.Fatal(err)
					}
					// Header and footer are no part of the letter's text.
					d.Header, d.Footer = "", ""
					plain, err := pdf.Write(d)
					if err != nil {
						t.Fatal(err)
					}
					if got, want := pdfText(t, plain), said(page); got != want {
						t.Errorf("the PDF says\n%s\nthe page\n%s", got, want)
					}
					if dir := os.Getenv("BEFFROI_KEEP_LETTERS"); dir != "" {
						_ = os.WriteFile(filepath.Join(dir, string(kind)+"-"+lang+"-"+rule+".pdf"), file, 0o600)
					}
				})
			}
		}
	}
}

func pdfText(t *testing.T, data []byte) string {
	t.Helper()
	if _, err := exec.LookPath("pdftotext"); err != nil {
		t.Skip("pdftotext is not on this machine; test/ci/machine.sh installs it")
	}
	path := filepath.Join(t.TempDir(), "l.pdf")
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command("pdftotext", "-raw", path, "-").CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return strings.Join(strings.Fields(string(out)), " ")
}

func TestLastDay(t *testing.T) {
	book, cal := shipped(t)
	for _, c := range []struct {
		name   string
		letter Letter
		want   []string
	}{
		// 16 May 2026 is a Saturday; 15 June, with the thirty days, a Monday.
		{"two months end on a Saturday", example(Acknowledgement, "en", "DGA-9.1"), []string{"by Monday 18 May 2026 at the latest", "extended to Monday 15 June 2026", "(Art. 9(1))", "(Article 3(4))", "the day of receipt does not count"}},
		{"extended by thirty days", example(Extension, "fr", "DGA-9.1"), []string{"répondre pour le lundi 18 mai 2026", "au plus tard le lundi 15 juin 2026", "Motifs • Les fichiers comptent douze services."}},
		{"one month and two", example(Extension, "nl", "G-12.3"), []string{"uiterlijk op dinsdag 16 juni 2026", "Art. 12(3)"}},
		{"French law is to be checked", example(Acknowledgement, "fr", "FR-2"), []string{"jeudi 16 avril 2026", "reste à vérifier avec le texte officiel"}},
		{"so is that of a directive", example(Acknowledgement, "en", "ODD-4.2"), []string{"only working days count (Article 2(2), 3(3))", "still to be checked with the official text"}},
		{"a refusal says where to go", example(Refusal, "fr", "FR-2"), []string{"Si vous n’êtes pas d’accord Vous pouvez saisir", "R311-15, R343-1"}},
		{"a grant has conditions", example(Grant, "en", "DGA-9.1"), []string{"We grant your request. Conditions • Citer la source.", "Art. 9(2)"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			d, err := c.letter.Document(book, cal)
			if err != nil {
				t.Fatal(err)
			}
			page, err := Page(d)
			if err != nil {
				t.Fatal(err)
			}
			for _, want := range c.want {
				if !strings.Contains(said(page), want) {
					t.Errorf("no %q in\n%s", want, said(page))
				}
			}
		})
	}
}

func TestWhatIsNoLetter(t *testing.T) {
	book, cal := shipped(t)
	change := func(kind Kind, rule string, f func(*Letter)) Letter {
		l := example(kind, "en", rule)
		f(&l)
		return l
	}
	for want, l := range map[string]Letter{
		"in fr, nl or en":          change(Grant, "DGA-9.1", func(l *Letter) { l.Lang = "de" }),
		"no rule":                  change(Grant, "X-1", func(*Letter) {}),
		"no period that runs from": change(Grant, "DGA-4", func(*Letter) {}),
		"gives its reasons":        change(Refusal, "DGA-9.1", func(l *Letter) { l.Reasons = []string{" "} }),
		"how to seek redress":      change(Grant, "DGA-9.1", func(l *Letter) { l.Redress = "" }),
		"no letter of kind":        change("note", "DGA-9.1", func(*Letter) {}),
		"names who writes":         change(Grant, "DGA-9.1", func(l *Letter) { l.To = nil }),
		"sent after":               change(Grant, "DGA-9.1", func(l *Letter) { l.Sent = l.Received.AddDate(0, 0, -1) }),
		"by 2026-05-18":            change(Extension, "DGA-9.1", func(l *Letter) { l.Sent = l.Received.AddDate(0, 0, 64) }),
		"by 2026-04-16":            change(Extension, "G-12.3", func(l *Letter) { l.Sent = l.Received.AddDate(0, 0, 32) }),
		// Three weeks end on Easter Monday, 6 April.
		"by 2026-04-07": change(Extension, "ODD-4.2", func(l *Letter) { l.Sent = l.Received.AddDate(0, 0, 23) }),
	} {
		_, err := l.Document(book, cal)
		if !problem.Is(err, problem.BadRequestData) || !strings.Contains(problem.DetailOf(err), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
}

func TestWordsInThreeLanguages(t *testing.T) {
	words, err := readWords()
	if err != nil {
		t.Fatal(err)
	}
	places := regexp.MustCompile(`\{[a-z]+\}`)
	for key, texts := range words {
		if len(texts) != 3 {
			t.Errorf("%s is in %d languages", key, len(texts))
		}
		want := places.FindAllString(texts["en"], -1)
		slices.Sort(want)
		for _, lang := range law.Languages() {
			got := places.FindAllString(texts[lang], -1)
			slices.Sort(got)
			if texts[lang] == "" || !slices.Equal(got, want) {
				t.Errorf("%s in %s: %q", key, lang, texts[lang])
			}
		}
	}
}

func TestPagesAreSafe(t *testing.T) {
	book, cal := shipped(t)
	l := example(Grant, "en", "DGA-9.1")
	l.Conditions = []string{`<script>alert("1")</script>`}
	d, err := l.Document(book, cal)
	if err != nil {
		t.Fatal(err)
	}
	page, err := Page(d)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(page), "<script") || strings.Contains(string(page), "<piétons>") {
		t.Error(string(page))
	}
	if _, err := Page(&pdf.Document{Blocks: []pdf.Block{pdf.Figure{}}}); !problem.Is(err, problem.BadRequestData) {
		t.Error(err)
	}
}

func TestWhatIsStillToBeChecked(t *testing.T) {
	book, cal := shipped(t)
	compared := *cal
	compared.Verified = true
	for _, c := range []struct {
		rule string
		cal  *deadline.Calendar
		want bool
	}{
		{"DGA-9.1", &compared, false}, {"DGA-9.1", cal, true}, {"ODD-4.2", &compared, true}, {"FR-2", &compared, true},
	} {
		d, err := example(Acknowledgement, "en", c.rule).Document(book, c.cal)
		if err != nil {
			t.Fatal(err)
		}
		page, err := Page(d)
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.Contains(said(page), "still to be checked"); got != c.want {
			t.Errorf("%s, calendar compared %t: says so %t, want %t", c.rule, c.cal.Verified, got, c.want)
		}
	}
}
