package catalogue

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/go-json-experiment/json"

	"github.com/beffroi/beffroi/internal/broker"
	"github.com/beffroi/beffroi/internal/entity"
	"github.com/beffroi/beffroi/internal/problem"
)

// GovernanceAct is the address of the Data Governance Act, (EU) 2022/868.
const GovernanceAct = "http://data.europa.eu/eli/reg/2022/868/oj"

// Protection is what the list of protected data tells of a dataset that is
// closed ((EU) 2022/868, Art. 8(2)): it may be held elsewhere, so all of it is
// typed. It is no permission: conditions say what a request would have to meet.
type Protection struct {
	Format     string // code of Formats, such as "CSV"; "" if it is not said
	Size       int64  // bytes; 0 if it is not said
	Conditions Texts  // for re-use
}

type protectionJSON struct {
	Format     string `json:"format,omitzero"`
	Size       int64  `json:"size,omitzero"`
	Conditions Texts  `json:"conditions,omitzero"`
}

// formats is what is used of the EU table file-type for protected data: code to
// English label.
var formats = map[string]string{
	"CSV": "CSV", "XLSX": "Excel XLSX", "ODS": "ODS", "JSON": "JSON", "JSON_LD": "JSON-LD", "XML": "XML", "GEOJSON": "GeoJSON", "SHP": "ESRI Shapefile", "GPKG": "GeoPackage",
	"PARQUET": "PARQUET", "PDF": "PDF", "TIFF": "TIFF", "JPEG": "JPEG", "MPEG4": "MPEG4", "SQL": "SQL", "GTFS": "GTFS", "NETCDF": "NetCDF", "TXT": "TXT", "ZIP": "ZIP",
}

// Formats lists the codes of formats that protected data may be in.
func Formats() []string { return slices.Sorted(maps.Keys(formats)) }

// FormatLabel gives the English label of a code of Formats; "" if it is none.
func FormatLabel(code string) string { return formats[code] }

// Check finds what is wrong with p, all of it.
//
// Errors: problem.BadRequestData.
func (p *Protection) Check() error {
	var out []string
	if p.Format != "" && formats[p.Format] == "" {
		out = append(out, fmt.Sprintf("the format %.40q is not one of %s", p.Format, strings.Join(Formats(), ", ")))
	}
	if p.Size < 0 {
		out = append(out, fmt.Sprintf("the size is a number of bytes, not %d", p.Size))
	}
	for lang, s := range p.Conditions {
		if !slices.Contains(Languages(), lang) || len(s) > maxText {
			out = append(out, fmt.Sprintf("the conditions in %.20q: the languages are %s, and a text has up to %d bytes", lang, strings.Join(Languages(), ", "), maxText))
		}
	}
	if len(out) == 0 {
		return nil
	}
	slices.Sort(out)
	return problem.New(problem.BadRequestData, "what is told of protected data cannot be kept: %s", strings.Join(out, "; "))
}

// Untold lists what the list of protected data must tell, and is not told of d:
// format, size, conditions. Nil for one that is not closed.
func (d *Dataset) Untold() []string {
	if !d.Closed() {
		return nil
	}
	p := d.Protection
	if p == nil {
		p = &Protection{}
	}
	var out []string
	if p.Format == "" {
		out = append(out, "format")
	}
	if p.Size == 0 {
		out = append(out, "size")
	}
	for _, lang := range Languages() {
		if strings.TrimSpace(p.Conditions[lang]) == "" {
			return append(out, "conditions")
		}
	}
	return out
}

// SetProtection says what is told of a dataset that is closed.
//
// Errors: problem.BadRequestData, naming all that is wrong;
// problem.OperationNotSupported for one that is not closed;
// problem.ResourceNotFound; problem.Gone.
func (s *Service) SetProtection(ctx context.Context, c broker.Call, slug string, p Protection) error {
	if err := p.Check(); err != nil {
		return err
	}
	d, err := s.Get(ctx, c.Space, slug)
	if err != nil {
		return err
	}
	if !d.Closed() {
		return problem.New(problem.OperationNotSupported, "the dataset %q is public: first say in its description who may have it", slug)
	}
	return s.amend(ctx, c, slug, func(d *Dataset) { d.Protection = &p })
}

func protectionField() field[Dataset] {
	return field[Dataset]{own + "protection", entity.JSONProperty, func(d *Dataset) any {
		if d.Protection == nil {
			return nil
		}
		return protectionJSON(*d.Protection)
	}, func(d *Dataset, raw []byte) error {
		var j protectionJSON
		err := json.Unmarshal(raw, &j)
		p := Protection(j)
		d.Protection = &p
		return err
	}}
}
