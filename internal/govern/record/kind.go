package record

import (
	"strings"

	"github.com/beffroi/beffroi/internal/entity"
)

// Kind is a kind of governance record. The zero Kind is none.
type Kind uint8

// The kinds. Where each lives, and whether it can be closed, is in Info.
const (
	NoKind      Kind = iota
	Series           // datasets that belong together (DCAT-AP 3.0.1, Dataset Series)
	Agent            // an organisation that publishes, holds or is responsible
	Policy           // conditions of use or of access, as data
	Request          // an application of a person to the request desk
	Letter           // one letter of a request: sent or received
	Decision         // the public side of a decision: nobody is named in it
	Arrangement      // an exclusive arrangement (ODD Art. 12, DGA Art. 4)
	Fees             // a published fee schedule with its cost categories
	Wish             // a data request of the board (MIM3 C7)
	Assessment       // how a duty stands for a dataset on a date
	Answers          // what an organisation answered about itself, by which law binds it
	Source           // a catalogue that is harvested
	Report           // what one harvest came to
	Notice           // something that somebody must be told: the inbox
	Person           // who asked, where a record of the public layer must not say it
	Evidence         // what shows that a duty is met
	Processing       // an activity of the record of processing (GDPR, Art. 30)
	RuleSet          // a rule set that was imported: waiting, approved or refused

	kindCount
)

// Layer is where records of a kind live.
type Layer string

// The layers. Of the guarded ones, Stewards and Persons, no door shows
// anything: only this package reads them.
const (
	Public   Layer = ""         // main: history, subscriptions, access and export as for all entities
	Stewards Layer = "stewards" // for stewards alone
	Persons  Layer = "persons"  // about persons: can be erased
)

// Guarded reports whether only this package reads the layer.
func (l Layer) Guarded() bool { return l == Stewards || l == Persons }

// Info describes a kind.
type Info struct {
	Kind  Kind
	Name  string      // as people and addresses write it, such as "fee-schedule"
	Type  entity.Name // of its entities
	Layer Layer
	// Closes tells that a record is closed at some time, and from then on is
	// changed by nobody.
	Closes bool
	// Erasable tells that a record outside the layer of persons can be erased
	// as well: people's own words stand in it.
	Erasable bool
	// Call is what changes such records, for whoever tried it directly.
	Call string
}

// Namespace begins the IRIs of the types and terms of governance.
const Namespace = "https://beffroi.eu/ns/governance/"

var kinds = [kindCount]Info{
	Series:      {Name: "series", Type: Namespace + "DatasetSeries", Call: "/api/series"},
	Agent:       {Name: "agent", Type: Namespace + "Agent", Call: "/api/agents"},
	Policy:      {Name: "policy", Type: Namespace + "Policy", Closes: true, Call: "/api/policies"},
	Request:     {Name: "request", Type: Namespace + "AccessRequest", Layer: Persons, Closes: true, Call: "/api/desk/requests"},
	Letter:      {Name: "letter", Type: Namespace + "Letter", Layer: Persons, Closes: true, Call: "/api/desk/requests"},
	Decision:    {Name: "decision", Type: Namespace + "Decision", Closes: true, Call: "/api/desk/requests"},
	Arrangement: {Name: "arrangement", Type: Namespace + "ExclusiveArrangement", Closes: true, Call: "/api/desk/arrangements"},
	Fees:        {Name: "fee-schedule", Type: Namespace + "FeeSchedule", Closes: true, Call: "/api/desk/fees"},
	Wish:        {Name: "data-request", Type: Namespace + "DataRequest", Closes: true, Erasable: true, Call: "/api/desk/wanted"},
	Assessment:  {Name: "assessment", Type: Namespace + "DutyAssessment", Closes: true, Call: "/api/law"},
	Answers:     {Name: "answers", Type: Namespace + "OrganisationAnswers", Layer: Stewards, Closes: true, Call: "/api/law"},
	Source:      {Name: "harvest-source", Type: Namespace + "HarvestSource", Closes: true, Call: "/api/harvest"},
	Report:      {Name: "harvest-report", Type: Namespace + "HarvestReport", Closes: true, Call: "/api/harvest"},
	Notice:      {Name: "notice", Type: Namespace + "Notice", Layer: Persons, Closes: true, Call: "/api/inbox"},
	Evidence:    {Name: "evidence", Type: Namespace + "DutyEvidence", Layer: Stewards, Closes: true, Call: "/api/datasets/{slug}/evidence"},
	Processing:  {Name: "processing-activity", Type: Namespace + "ProcessingActivity", Layer: Stewards, Call: "/api/processing"},
	RuleSet:     {Name: "rule-set", Type: Namespace + "RuleSetImport", Layer: Stewards, Closes: true, Call: "/api/law/acts/import"},
	Person:      {Name: "person", Type: Namespace + "Person", Layer: Persons, Call: "/api/desk/wanted"},
}

// Info describes k; of what is no kind it is empty.
func (k Kind) Info() Info {
	if k == NoKind || k >= kindCount {
		return Info{}
	}
	i := kinds[k]
	i.Kind = k
	return i
}

// String gives the name of k.
func (k Kind) String() string { return k.Info().Name }

// Kinds lists all kinds, in the order of their constants.
func Kinds() []Info {
	out := make([]Info, 0, kindCount-1)
	for k := NoKind + 1; k < kindCount; k++ {
		out = append(out, k.Info())
	}
	return out
}

// ofType finds the kind whose entities have a type.
func ofType(t entity.Name) (Kind, bool) {
	for k := NoKind + 1; k < kindCount; k++ {
		if kinds[k].Type == t {
			return k, true
		}
	}
	return NoKind, false
}

// ID gives the id of the record of a kind with a name.
func (k Kind) ID(name string) entity.ID { return entity.ID(k.prefix() + name) }

func (k Kind) prefix() string {
	return "urn:ngsi-ld:" + strings.TrimPrefix(string(k.Info().Type), Namespace) + ":"
}

// NameOf gives the name in the id of a record of the kind.
func (k Kind) NameOf(id entity.ID) (name string, ok bool) {
	return strings.CutPrefix(string(id), k.prefix())
}
