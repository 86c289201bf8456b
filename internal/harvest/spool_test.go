package harvest

import (
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/beffroi/beffroi/internal/rdf"
)

func terms(ts []rdf.Triple) []string {
	var out []string
	for _, t := range ts {
		out = append(out, fmt.Sprintf("%s %s %q %s %s", t.S, t.P, t.O.Value(), t.O.Lang(), t.O.Datatype()))
	}
	slices.Sort(out)
	return out
}

// The spool says of each subject what was put in, whatever the order and
// however many runs it took.
func TestSpoolAgainstAMap(t *testing.T) {
	for _, chunk := range []int{1, 4_000, 32 << 20} {
		dir := t.TempDir()
		s, err := newSpool(dir)
		if err != nil {
			t.Fatal(err)
		}
		s.chunk, s.block = chunk, 512
		r := rand.New(rand.NewPCG(7, uint64(chunk)))
		want, class := map[rdf.IRI][]rdf.Triple{}, map[rdf.IRI]bool{}
		for range 600 {
			subject := rdf.IRI(fmt.Sprintf("https://a.example/%d", r.IntN(150)))
			triple := rdf.Triple{S: subject, P: dctNS + "title"}
			switch r.IntN(5) {
			case 0:
				triple.P, triple.O = rdf.Type, rdf.Ref(datasetIRI)
				class[subject] = true
			case 1:
				triple.O = rdf.In("fr", "élan\n\"\x00")
			case 2:
				triple.O = rdf.Typed("2026-01-01", rdf.XSD+"date")
			case 3:
				triple.O = rdf.Ref("_:b1")
			default:
				triple.O = rdf.Text("")
			}
			want[subject] = append(want[subject], triple)
			if err := s.add(triple); err != nil {
				t.Fatal(err)
			}
		}
		if err := s.seal(); err != nil {
			t.Fatal(err)
		}
		for n := range 160 {
			subject := rdf.IRI(fmt.Sprintf("https://a.example/%d", n))
			got, err := s.of(subject)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(terms(want[subject]), terms(got)); diff != "" {
				t.Fatalf("chunk %d, %s: %s", chunk, subject, diff)
			}
		}
		var all, rest []rdf.IRI
		for subject := range class {
			all = append(all, subject)
		}
		slices.Sort(all)
		middle := all[len(all)/2]
		if err := s.subjects(datasetIRI, middle, func(i rdf.IRI) bool { rest = append(rest, i); return true }); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(all[len(all)/2+1:], rest); diff != "" {
			t.Errorf("after %s: %s", middle, diff)
		}
		if err := s.close(); err != nil {
			t.Fatal(err)
		}
		if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
			t.Errorf("left behind: %v %v", left, err)
		}
	}
}
