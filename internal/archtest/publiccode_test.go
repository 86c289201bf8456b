package archtest

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/goccy/go-yaml"
)

// publiccode is the part of publiccode.yml that its standard makes mandatory.
type publiccode struct {
	Version     string   `yaml:"publiccodeYmlVersion"`
	Name        string   `yaml:"name"`
	URL         string   `yaml:"url"`
	Platforms   []string `yaml:"platforms"`
	Status      string   `yaml:"developmentStatus"`
	Type        string   `yaml:"softwareType"`
	Description map[string]struct {
		Short    string   `yaml:"shortDescription"`
		Long     string   `yaml:"longDescription"`
		Features []string `yaml:"features"`
	} `yaml:"description"`
	Legal struct {
		License string `yaml:"license"`
	} `yaml:"legal"`
	Maintenance struct {
		Type     string           `yaml:"type"`
		Contacts []map[string]any `yaml:"contacts"`
	} `yaml:"maintenance"`
	Localisation struct {
		Ready     *bool    `yaml:"localisationReady"`
		Languages []string `yaml:"availableLanguages"`
	} `yaml:"localisation"`
}

// faults says what the standard would refuse.
func (p publiccode) faults() []string {
	var out []string
	need := func(ok bool, what string) {
		if !ok {
			out = append(out, what)
		}
	}
	need(p.Version == "0", "publiccodeYmlVersion is 0")
	need(p.Name != "", "name")
	need(strings.HasPrefix(p.URL, "https://"), "url")
	need(len(p.Platforms) > 0, "platforms")
	need(p.Status != "", "developmentStatus")
	need(p.Type != "", "softwareType")
	need(p.Legal.License == "EUPL-1.2", "legal/license is that of LICENSE")
	need(p.Maintenance.Type == "none" || len(p.Maintenance.Contacts) > 0, "maintenance/contacts")
	need(p.Localisation.Ready != nil, "localisation/localisationReady")
	for _, lang := range []string{"fr", "nl", "en"} {
		d := p.Description[lang]
		need(d.Short != "" && utf8.RuneCountInString(strings.TrimSpace(d.Short)) <= 150, "description/"+lang+"/shortDescription of at most 150 characters")
		long := utf8.RuneCountInString(d.Long)
		need(long >= 150 && long <= 10000, "description/"+lang+"/longDescription of 150 to 10000 characters")
		need(len(d.Features) > 0, "description/"+lang+"/features")
	}
	need(len(p.Localisation.Languages) == 3, "localisation/availableLanguages are the page's three")
	return out
}

func TestPubliccode(t *testing.T) {
	data, err := os.ReadFile(filepath.Join(repository(t), "publiccode.yml"))
	if err != nil {
		t.Fatal(err)
	}
	var p publiccode
	if err := yaml.Unmarshal(data, &p); err != nil {
		t.Fatal(err)
	}
	if faults := p.faults(); len(faults) > 0 {
		t.Errorf("publiccode.yml lacks %s", strings.Join(faults, "; "))
	}
	if faults := (publiccode{}).faults(); len(faults) != 19 {
		t.Errorf("an empty file has %d faults, want 19: %q", len(faults), faults)
	}
}

func TestLicenceIsTheEUPL(t *testing.T) {
	data, err := os.ReadFile(filepath.Join(repository(t), "LICENSE"))
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range []string{"EUROPEAN UNION PUBLIC LICENCE v. 1.2", "15.Applicable Law", "Appendix"} {
		if !strings.Contains(string(data), part) {
			t.Errorf("LICENSE lacks %q", part)
		}
	}
}
