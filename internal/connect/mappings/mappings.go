// Package mappings holds the mapping files that come with beffroi: those of
// the synthetic city's feeds, which are examples to begin with as well. They
// are data; package connect reads them.
package mappings

import (
	"embed"
	"io/fs"
	"strconv"
	"strings"
)

//go:embed city/*.yaml
var files embed.FS

// City gives the mapping files of the synthetic city by name: feeds is where
// its feeds are served, such as http://127.0.0.1:8081, bounds its west, south,
// east and north.
func City(feeds string, bounds [4]float64) (map[string][]byte, error) {
	list := make([]string, len(bounds))
	for i, b := range bounds {
		list[i] = strconv.FormatFloat(b, 'f', -1, 64)
	}
	fill := strings.NewReplacer("http://FEEDS", strings.TrimSuffix(feeds, "/"), "[BOUNDS]", "["+strings.Join(list, ", ")+"]")
	out := map[string][]byte{}
	names, err := fs.Glob(files, "city/*.yaml")
	if err != nil {
		return nil, err
	}
	for _, n := range names {
		b, err := fs.ReadFile(files, n)
		if err != nil {
			return nil, err
		}
		out[strings.TrimSuffix(strings.TrimPrefix(n, "city/"), ".yaml")] = []byte(fill.Replace(string(b)))
	}
	return out, nil
}
