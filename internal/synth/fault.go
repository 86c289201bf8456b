package synth

import (
	"slices"
	"strings"

	"github.com/beffroi/beffroi/internal/problem"
)

// Faults are the defects that real feeds are known for, each switched on by
// itself. The zero value has none. Which devices a fault befalls is fixed, so
// that a test can name one that has it and one that has not.
type Faults struct {
	// FrozenCounter: every twentieth traffic counter repeats since ten past
	// four of the day before what it saw then.
	FrozenCounter bool
	// LocalTimeAsUTC: times of car parks, departures and of every fifth air
	// station are clock time in the city but say +00:00 or Z.
	LocalTimeAsUTC bool
	// MissingFields: every seventh record of a feed lacks a member that the
	// others have.
	MissingFields bool
	// JSONInString: what should be an object is its JSON text in a string:
	// measures of counters, geometry of car parks, the decoded payload of noise
	// stations.
	JSONInString bool
	// SwappedCoordinates: car parks, counters and the buses of the third line
	// have latitude and longitude exchanged.
	SwappedCoordinates bool
	// OldGBFSNames: the GBFS feed says 3.0 and keeps the names and the times of
	// 2.x.
	OldGBFSNames bool
}

// faultNames are the names that a command line or a configuration uses.
var faultNames = [...]string{"frozen-counter", "local-time-as-utc", "missing-fields", "json-in-string", "swapped-coordinates", "gbfs-old-names"}

// FaultNames lists the names that ParseFaults knows.
func FaultNames() []string { return slices.Clone(faultNames[:]) }

func (f *Faults) fields() [len(faultNames)]*bool {
	return [...]*bool{&f.FrozenCounter, &f.LocalTimeAsUTC, &f.MissingFields, &f.JSONInString, &f.SwappedCoordinates, &f.OldGBFSNames}
}

// ParseFaults reads a list of names with commas between them; "all" is every
// fault, the empty text none.
//
// Errors: problem.BadRequestData, naming what is unknown and what is known.
func ParseFaults(list string) (Faults, error) {
	var f Faults
	for name := range strings.SplitSeq(list, ",") {
		name = strings.TrimSpace(name)
		if name == "" {
			continue
		}
		if name == "all" {
			for _, p := range f.fields() {
				*p = true
			}
			continue
		}
		i := slices.Index(faultNames[:], name)
		if i < 0 {
			return Faults{}, problem.New(problem.BadRequestData, "unknown fault %q; known are all, %s", name, strings.Join(faultNames[:], ", "))
		}
		*f.fields()[i] = true
	}
	return f, nil
}

// String lists the names of the faults that are on.
func (f Faults) String() string {
	var on []string
	for i, p := range f.fields() {
		if *p {
			on = append(on, faultNames[i])
		}
	}
	return strings.Join(on, ",")
}
