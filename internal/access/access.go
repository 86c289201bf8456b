// Package access decides who may do what: whether a caller may use a route
// (Rule.Allow) and what of the city a caller sees (Policy.Restriction, a
// restriction on a query that the broker adds before all else).
//
// It knows no passwords and no sockets: identity proves who somebody is, httpx
// and the MQTT listener gather the evidence. What always holds: a caller that
// proved nothing is Nobody, unless the listener itself stands on a loopback
// address and nothing speaks against it (see Policy.Caller); wrong credentials
// are never treated like none; and a rule that was not set allows nobody.
package access

import (
	"context"
	"slices"

	"github.com/beffroi/beffroi/internal/problem"
)

// Role is what an account is there for. The zero Role may do nothing.
type Role uint8

// The roles. Administrator, Steward, Editor and Reader include those behind
// them; Device stands apart: it hands in readings and sees nothing.
const (
	NoRole        Role = iota
	Device             // hands in readings of the sources it was given
	Reader             // sees the city
	Editor             // changes the city
	Steward            // publishes datasets, looks after sources and mappings
	Administrator      // accounts, settings, everything

	roleCount
)

var roleNames = [roleCount]string{"none", "device", "reader", "editor", "steward", "administrator"}

// String gives the role's name, as it is written on the command line.
func (r Role) String() string {
	if r >= roleCount {
		return roleNames[NoRole]
	}
	return roleNames[r]
}

// ParseRole finds the role with the given name.
// Errors: problem.BadRequestData, listing the roles there are.
func ParseRole(name string) (Role, error) {
	for r := Device; r < roleCount; r++ {
		if roleNames[r] == name {
			return r, nil
		}
	}
	return NoRole, problem.New(problem.BadRequestData, "there is no role %.40q: use administrator, steward, editor, reader or device", name)
}

// Rule says who may use a route. The zero Rule is none at all: a route table
// that has one is refused.
type Rule uint8

// The rules.
const (
	NoRule        Rule = iota
	Anyone             // everybody, everywhere: shows nothing of the city (health, login, the page's own files)
	PublicDataset      // everybody, everywhere; the handler shows published datasets alone to a caller who may not read
	Self               // whoever is known, about themselves
	Feed               // devices and whoever may write: handing in readings
	Read               // readers and up
	Write              // editors and up: changing the city
	Curate             // stewards and up: datasets, sources, mappings, dead letters
	Admin              // administrators

	ruleCount
)

// RuleInfo describes one Rule for the documentation and for generated tests.
type RuleInfo struct {
	Rule Rule
	Name string
	Who  string
	Open bool   // answers without credentials on any address
	May  []Role // who may, if it is not open
}

var rules = [ruleCount]RuleInfo{
	NoRule:        {NoRule, "none", "nobody: the rule is missing", false, nil},
	Anyone:        {Anyone, "anyone", "everybody, without credentials", true, nil},
	PublicDataset: {PublicDataset, "public dataset", "everybody sees published datasets; readers and up see all", true, nil},
	Self:          {Self, "self", "every account, about itself", false, []Role{Device, Reader, Editor, Steward, Administrator}},
	Feed:          {Feed, "feed", "devices for their sources; editors and up", false, []Role{Device, Editor, Steward, Administrator}},
	Read:          {Read, "read", "readers and up", false, []Role{Reader, Editor, Steward, Administrator}},
	Write:         {Write, "write", "editors and up", false, []Role{Editor, Steward, Administrator}},
	Curate:        {Curate, "curate", "stewards and administrators", false, []Role{Steward, Administrator}},
	Admin:         {Admin, "admin", "administrators", false, []Role{Administrator}},
}

// Info describes r; an unknown rule is NoRule.
func (r Rule) Info() RuleInfo {
	if r >= ruleCount {
		return rules[NoRule]
	}
	return rules[r]
}

// String gives the rule's name.
func (r Rule) String() string { return r.Info().Name }

// Rules lists all rules that a route may have.
func Rules() []RuleInfo { return slices.Clone(rules[Anyone:]) }

// Allow reports whether c may use a route with rule r.
// Errors: problem.Unauthenticated if c is Nobody; problem.Forbidden if c is
// known but may not, naming what is needed.
func (r Rule) Allow(c Caller) error {
	info := r.Info()
	switch {
	case info.Open:
		return nil
	case r == NoRule || info.Rule == NoRule:
		return problem.New(problem.Forbidden, "this address has no access rule and is closed")
	case c.Role == NoRole:
		return problem.New(problem.Unauthenticated, "this needs credentials: log in, or send a token as Authorization: Bearer")
	case slices.Contains(info.May, c.Role):
		return nil
	}
	return problem.New(problem.Forbidden, "the account %q is a %s; this is for %s", c.Account, c.Role, info.Who)
}

// Via is how a caller was recognised.
type Via uint8

// The ways.
const (
	ViaNothing  Via = iota
	ViaLoopback     // the listener stands on a loopback address
	ViaSession      // logged in on the page
	ViaToken        // an API token
	ViaDevice       // a device credential
	ViaInside       // the process itself: a command, the demo
)

// LocalAccount is the account of an anonymous caller on a loopback listener.
const LocalAccount = "local"

// Caller is who asks. The zero Caller is Nobody.
type Caller struct {
	Account string // the account's name; "" for Nobody
	Role    Role
	Via     Via
	Sources []string // of a device: the sources it may feed; others may feed all
	Session string   // the session's public id if Via is ViaSession
}

// Nobody is a caller that proved nothing.
func Nobody() Caller { return Caller{} }

// Local is the anonymous caller on a loopback listener.
func Local() Caller {
	return Caller{Account: LocalAccount, Role: Administrator, Via: ViaLoopback}
}

// Known reports whether c is anybody.
func (c Caller) Known() bool { return c.Role != NoRole }

// May reports whether c may use routes with rule r.
func (c Caller) May(r Rule) bool { return r.Allow(c) == nil }

// MayFeed reports whether c may hand in readings of the named source.
func (c Caller) MayFeed(source string) bool {
	if !c.May(Feed) {
		return false
	}
	return c.Role != Device || slices.Contains(c.Sources, source)
}

// Draft describes an account, a token or a device that is to be made. What a
// kind does not have is left out.
type Draft struct {
	Name     string
	Role     string   // of accounts and tokens, as ParseRole reads it
	Password string   // of accounts; "" makes one up
	Days     int      // of tokens: how long they hold; 0 is a year
	Sources  []string // of devices: what they may feed
}

type callerKey struct{}

// With gives a context that carries c.
func With(ctx context.Context, c Caller) context.Context {
	return context.WithValue(ctx, callerKey{}, c)
}

// From finds the caller in ctx; Nobody if there is none.
func From(ctx context.Context) Caller {
	c, _ := ctx.Value(callerKey{}).(Caller)
	return c
}
