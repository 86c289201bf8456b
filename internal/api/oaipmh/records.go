package oaipmh

import (
	"cmp"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/beffroi/beffroi/internal/catalogue"
	"github.com/beffroi/beffroi/internal/entity"
)

// The metadata formats.
const (
	formatDC   = "oai_dc"
	formatDCAT = "dcat_ap"
)

const second = entity.Instant(1_000_000)

// stamp writes an instant in the repository's granularity, seconds in UTC.
func stamp(t entity.Instant) string { return t.Time().UTC().Format("2006-01-02T15:04:05Z") }

// host is the name of this server without its port.
func (q *asked) host() string {
	u, err := url.Parse(q.base)
	if err != nil || u.Hostname() == "" {
		return "localhost"
	}
	return u.Hostname()
}

func (q *asked) prefix() string            { return "oai:" + q.host() + ":" }
func (q *asked) nameOf(slug string) string { return q.prefix() + slug }
func setsOf(d *catalogue.Dataset) []string {
	out := []string{}
	for _, t := range d.Themes {
		out = append(out, "theme:"+t)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// records gives what can be harvested, the oldest change first, so that one
// that changes while a list is read moves to where the reader has yet to come.
func (q *asked) records() ([]*catalogue.Dataset, error) {
	all, err := q.o.Catalogue.All(q.ctx, q.space)
	if err != nil {
		return nil, err
	}
	out := make([]*catalogue.Dataset, 0, len(all))
	for _, d := range all {
		if d.State == catalogue.Published || d.State == catalogue.Withdrawn {
			out = append(out, d)
		}
	}
	slices.SortFunc(out, func(x, y *catalogue.Dataset) int {
		return cmp.Or(cmp.Compare(x.Changed, y.Changed), strings.Compare(x.Slug, y.Slug))
	})
	return out, nil
}

// record finds one by its identifier.
func (q *asked) record(id string) (*catalogue.Dataset, error) {
	all, err := q.records()
	if err != nil {
		return nil, err
	}
	if slug, ok := strings.CutPrefix(id, q.prefix()); ok {
		for _, d := range all {
			if d.Slug == slug {
				return d, nil
			}
		}
	}
	return nil, &fault{"idDoesNotExist", "there is no record " + short(id)}
}

func (q *asked) identify(x *writer) error {
	city, err := q.o.Name(q.ctx)
	if err != nil {
		return err
	}
	all, err := q.records()
	if err != nil {
		return err
	}
	// The first publication stays when records change, so the bound holds for
	// later harvests too.
	earliest, email := q.now, ""
	for _, d := range all {
		earliest = min(earliest, d.Changed)
		if !d.Issued.IsZero() {
			earliest = min(earliest, d.Issued)
		}
		if email == "" && d.State == catalogue.Published && mailbox.MatchString(d.Contact.Email) {
			email = d.Contact.Email
		}
	}
	if email == "" {
		email = "postmaster@" + q.host() // RFC 2142, 5
		if !strings.Contains(q.host(), ".") {
			email += ".invalid" // the schema wants a dot; RFC 2606, 2
		}
	}
	x.leaf("repositoryName", city)
	x.leaf("baseURL", q.base+"/oai")
	x.leaf("protocolVersion", "2.0")
	x.leaf("adminEmail", email)
	x.leaf("earliestDatestamp", stamp(earliest))
	x.leaf("deletedRecord", "persistent")
	x.leaf("granularity", "YYYY-MM-DDThh:mm:ssZ")
	x.leaf("compression", "gzip")
	if domain.MatchString(q.host()) {
		x.open("description")
		x.open("oai-identifier", "xmlns", "http://www.openarchives.org/OAI/2.0/oai-identifier", "xsi:schemaLocation",
			"http://www.openarchives.org/OAI/2.0/oai-identifier http://www.openarchives.org/OAI/2.0/oai-identifier.xsd")
		x.leaf("scheme", "oai")
		x.leaf("repositoryIdentifier", q.host())
		x.leaf("delimiter", ":")
		x.leaf("sampleIdentifier", q.nameOf("shared-bikes"))
		x.close("oai-identifier")
		x.close("description")
	}
	return nil
}

// The schema's own pattern of an e-mail address, and that of a repository's
// identifier.
var (
	mailbox = regexp.MustCompile(`^\S+@(\S+\.)+\S+$`)
	domain  = regexp.MustCompile(`^[a-zA-Z][a-zA-Z0-9-]*(\.[a-zA-Z][a-zA-Z0-9-]*)+$`)
)

func (q *asked) listFormats(x *writer) error {
	if id, ok := q.args["identifier"]; ok {
		if _, err := q.record(id); err != nil {
			return err
		}
	}
	for _, f := range [][3]string{
		{formatDC, dcSchema, dcSpace},
		{formatDCAT, "http://www.openarchives.org/OAI/2.0/rdf.xsd", rdfSpace},
	} {
		x.open("metadataFormat")
		x.leaf("metadataPrefix", f[0])
		x.leaf("schema", f[1])
		x.leaf("metadataNamespace", f[2])
		x.close("metadataFormat")
	}
	return nil
}

func (q *asked) listSets(x *writer) error {
	if _, ok := q.args["resumptionToken"]; ok {
		return &fault{"badResumptionToken", "the list of sets is never cut: there are no tokens for it"}
	}
	all, err := q.records()
	if err != nil {
		return err
	}
	names := map[string]string{"theme": "All themes (EU table data-theme)"}
	for _, d := range all {
		for _, t := range d.Themes {
			names["theme:"+t] = catalogue.ThemeLabel(t)
		}
	}
	for _, spec := range sorted(names) {
		x.open("set")
		x.leaf("setSpec", spec)
		x.leaf("setName", names[spec])
		x.close("set")
	}
	return nil
}

func checkFormat(prefix string) error {
	if prefix != formatDC && prefix != formatDCAT {
		return &fault{"cannotDisseminateFormat", "there is no format " + short(prefix) + "; there are " + formatDC + " and " + formatDCAT}
	}
	return nil
}

func (q *asked) getRecord(x *writer) error {
	if err := checkFormat(q.args["metadataPrefix"]); err != nil {
		return err
	}
	d, err := q.record(q.args["identifier"])
	if err != nil {
		return err
	}
	return q.write(x, d, q.args["metadataPrefix"])
}

// wanted is what a list consists of, from arguments or from a token.
type wanted struct {
	prefix, set string
	from, until entity.Instant // whole seconds, both included; 0 is no bound
	after       entity.Instant // change of the last record already given
	slug        string         // of it; "" at the beginning
	given       int            // records already given
}

func (w *wanted) holds(d *catalogue.Dataset) bool {
	at := d.Changed - d.Changed%second
	if w.from != 0 && at < w.from || w.until != 0 && at > w.until {
		return false
	}
	return w.set == "" || slices.ContainsFunc(setsOf(d), func(s string) bool { return s == w.set || strings.HasPrefix(s, w.set+":") })
}

func (w *wanted) past(d *catalogue.Dataset) bool {
	return w.slug == "" || d.Changed > w.after || d.Changed == w.after && d.Slug > w.slug
}

// fromArguments reads what a list is asked for anew.
func (q *asked) fromArguments() (wanted, error) {
	w := wanted{prefix: q.args["metadataPrefix"], set: q.args["set"]}
	if w.set != "" && !setSpec.MatchString(w.set) {
		return w, badArgument("the set " + short(w.set) + " is not written as a setSpec")
	}
	var err error
	from, until := q.args["from"], q.args["until"]
	if from != "" && until != "" && len(from) != len(until) {
		return w, badArgument("from and until must have the same granularity")
	}
	if from != "" {
		if w.from, err = moment(from, 0); err != nil {
			return w, err
		}
	}
	if until != "" {
		if w.until, err = moment(until, 24*time.Hour-time.Second); err != nil {
			return w, err
		}
	}
	if from != "" && until != "" && w.from > w.until {
		return w, badArgument("from is later than until")
	}
	return w, checkFormat(w.prefix)
}

var setSpec = regexp.MustCompile(`^[A-Za-z0-9\-_.!~*'()]+(:[A-Za-z0-9\-_.!~*'()]+)*$`)

// moment reads a day or a second; rest is added to a day.
func moment(s string, rest time.Duration) (entity.Instant, error) {
	t, err := time.Parse("2006-01-02T15:04:05Z", s)
	if err != nil || len(s) != len("2006-01-02T15:04:05Z") {
		if t, err = time.Parse(time.DateOnly, s); err != nil {
			return 0, badArgument("the date " + short(s) + " is not written as YYYY-MM-DD or YYYY-MM-DDThh:mm:ssZ")
		}
		t = t.Add(rest)
	}
	// A bound at the epoch itself is one too: 0 stands for none.
	return cmp.Or(entity.Instant(t.UnixMicro()), 1-second), nil
}

// list answers ListIdentifiers and ListRecords.
func (q *asked) list(x *writer) error {
	var w wanted
	var err error
	if token, resumed := q.args["resumptionToken"]; resumed {
		w, err = q.resume(token)
	} else {
		w, err = q.fromArguments()
	}
	if err != nil {
		return err
	}
	all, err := q.records()
	if err != nil {
		return err
	}
	all = slices.DeleteFunc(all, func(d *catalogue.Dataset) bool { return !w.holds(d) })
	size := len(all)
	rest := slices.DeleteFunc(all, func(d *catalogue.Dataset) bool { return !w.past(d) })
	switch {
	case len(rest) == 0 && w.given > 0:
		// A list must not be empty by the schema; what was still to come has
		// changed and is no longer within the dates asked for.
		return &fault{"badResumptionToken", "what was left of the list has changed since; begin anew"}
	case len(rest) == 0:
		return &fault{"noRecordsMatch", "no record is within these dates and this set"}
	}
	page := rest[:min(q.o.Page, len(rest))]
	for _, d := range page {
		if q.args["verb"] == "ListIdentifiers" {
			q.header(x, d)
		} else if err := q.write(x, d, w.prefix); err != nil {
			return err
		}
	}
	if len(page) == len(rest) && w.given == 0 {
		return nil
	}
	attrs := []string{"completeListSize", strconv.Itoa(max(size, w.given+len(rest))), "cursor", strconv.Itoa(w.given)}
	if len(page) == len(rest) {
		x.leaf("resumptionToken", "", attrs...)
		return nil
	}
	last := page[len(page)-1]
	w.after, w.slug, w.given = last.Changed, last.Slug, w.given+len(page)
	ends := q.now + tokenLife
	x.leaf("resumptionToken", q.token(w, ends), append([]string{"expirationDate", stamp(ends)}, attrs...)...)
	return nil
}
