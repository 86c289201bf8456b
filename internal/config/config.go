// Package config is the one configuration: typed, validated, documented. It
// comes from defaults, a TOML file, environment variables and flags, each over
// the one before. Every key can be set in each of the first three ways; the
// struct tags below are the only place that says so, and the page
// docs/howto/configuration.md is made from them.
//
// A key that nobody knows, or a value that cannot be meant, is an error that
// names the place and what is allowed: nothing is passed over in silence.
package config

import (
	"fmt"
	"time"
)

// Duration is a length of time, written such as "90s", "1h30m" or "7d".
type Duration time.Duration

// UnmarshalText reads a duration; beyond Go's units it knows d for days.
func (d *Duration) UnmarshalText(b []byte) error {
	s := string(b)
	days := 0
	const most = 100_000 // more would not fit
	if n, err := fmt.Sscanf(s, "%dd", &days); n == 1 && err == nil && fmt.Sprintf("%dd", days) == s && days >= 0 && days <= most {
		*d = Duration(time.Duration(days) * 24 * time.Hour)
		return nil
	}
	v, err := time.ParseDuration(s)
	if err != nil || v < 0 {
		return fmt.Errorf("%q is not a length of time such as 90s, 1h30m or 7d", s)
	}
	*d = Duration(v)
	return nil
}

// MarshalText writes a duration in the same way.
func (d Duration) MarshalText() ([]byte, error) {
	v := time.Duration(d)
	if v > 0 && v%(24*time.Hour) == 0 {
		return fmt.Appendf(nil, "%dd", v/(24*time.Hour)), nil
	}
	return []byte(v.String()), nil
}

// Std gives d as the standard library has it.
func (d Duration) Std() time.Duration { return time.Duration(d) }

// Bytes is an amount of data, written such as "512MiB" or "2GiB".
type Bytes int64

var units = []struct {
	name string
	size int64
}{{"GiB", 1 << 30}, {"MiB", 1 << 20}, {"KiB", 1 << 10}, {"B", 1}}

// UnmarshalText reads an amount; a bare number is in bytes.
func (n *Bytes) UnmarshalText(b []byte) error {
	var v int64
	var unit string
	if _, err := fmt.Sscanf(string(b)+" B", "%d%s", &v, &unit); err != nil || v < 0 {
		return fmt.Errorf("%q is not an amount of data such as 512MiB or 2GiB", b)
	}
	for _, u := range units {
		if u.name == unit {
			*n = Bytes(v * u.size)
			return nil
		}
	}
	return fmt.Errorf("%q has the unit %q; there are B, KiB, MiB and GiB", b, unit)
}

// MarshalText writes an amount in the largest unit that divides it.
func (n Bytes) MarshalText() ([]byte, error) {
	for _, u := range units {
		if n != 0 && int64(n)%u.size == 0 {
			return fmt.Appendf(nil, "%d%s", int64(n)/u.size, u.name), nil
		}
	}
	return []byte("0B"), nil
}

// Config is the whole. The zero Config is not valid: begin with Default.
type Config struct {
	Server   Server   `toml:"server"`
	MQTT     MQTT     `toml:"mqtt"`
	Store    Store    `toml:"store"`
	Outbound Outbound `toml:"outbound"`
	Notify   Notify   `toml:"notify"`
	Mail     Mail     `toml:"mail"`
	NGSILD   NGSILD   `toml:"ngsild"`
	Contexts Contexts `toml:"contexts"`
	City     City     `toml:"city"`
	Connect  Connect  `toml:"connect"`
	Limits   Limits   `toml:"limits"`
	Log      Log      `toml:"log"`

	where map[string]string // where a key was set, such as "beffroi.toml:12"
}

// Where tells where a key was set: file and line, or the name of an environment
// variable; "" if it has its default or a flag set it.
func (c *Config) Where(path string) string { return c.where[path] }

// Server is the HTTP listener.
type Server struct {
	Addr          string   `toml:"addr" default:"127.0.0.1:8080" doc:"Address to listen on. On a loopback address the anonymous caller is the account local; elsewhere everybody needs credentials."`
	PublicURL     string   `toml:"public_url" doc:"Address under which others reach the server, such as https://data.city.example. When set, every absolute address uses it and nobody is local any more."`
	Hosts         []string `toml:"hosts" doc:"Further names under which the server may be called."`
	Auth          string   `toml:"auth" default:"auto" allowed:"auto always" doc:"auto: on a loopback address callers without credentials are the account local. always: everybody needs credentials."`
	TLSCert       string   `toml:"tls_cert" doc:"Certificate file (PEM) for addresses off loopback. Without one a self-signed certificate is made and its fingerprint printed."`
	TLSKey        string   `toml:"tls_key" doc:"Key file (PEM) that goes with tls_cert."`
	InsecurePlain bool     `toml:"insecure_plain" doc:"Speak plain HTTP and MQTT off loopback: for a proxy on the same trusted network only. Warned of at each start."`
}

// MQTT is the MQTT listener.
type MQTT struct {
	Addr      string `toml:"addr" default:"127.0.0.1:1883" doc:"Address to listen on, or off."`
	MaxPacket Bytes  `toml:"max_packet" default:"1MiB" doc:"Largest packet that is taken."`
}

// Store is the embedded store.
type Store struct {
	Dir          string      `toml:"dir" doc:"Data folder. Empty is $XDG_DATA_HOME/beffroi/city."`
	Cache        Bytes       `toml:"cache" default:"0B" doc:"Memory for cached data; 0B takes an eighth of the machine's, at most 512MiB."`
	FreeFloor    Bytes       `toml:"free_floor" default:"256MiB" doc:"Writes are refused when the disk has less than this left."`
	LogKeep      Duration    `toml:"log_keep" default:"7d" doc:"How long the change log is kept: readers that stay away longer read the state anew."`
	LogBytes     Bytes       `toml:"log_bytes" default:"4GiB" doc:"How large the change log may get before its oldest part goes."`
	Retention    []Retention `toml:"retention" doc:"How long history is kept, by type and attribute. Without a rule it is kept for ever."`
	KeepHistory  Duration    `toml:"keep_history" default:"0s" doc:"How long history is kept where no rule says otherwise; 0s is for ever."`
	SweepExpired Duration    `toml:"sweep_expired" default:"1s" doc:"How often entities and attributes that have expired are removed."`
}

// Retention is one rule for how long history is kept.
type Retention struct {
	Type string   `toml:"type" doc:"Entity type, short name or IRI; empty is any."`
	Attr string   `toml:"attr" doc:"Attribute, short name or IRI; empty is any."`
	Keep Duration `toml:"keep" doc:"How long."`
}

// Outbound says where the server may go by itself.
type Outbound struct {
	Allow Allow `toml:"allow"`
}

// Allow lists, by purpose, private addresses that may be reached all the same.
type Allow struct {
	Context      []string `toml:"context" doc:"For @contexts. Items are CIDR, CIDR:PORT or HOST:PORT."`
	Notification []string `toml:"notification" doc:"For endpoints of subscriptions."`
	Source       []string `toml:"source" doc:"For sources; the address in a source's own configuration is allowed to it anyway."`
	Harvest      []string `toml:"harvest" doc:"For catalogues that are harvested."`
	Mail         []string `toml:"mail" doc:"For the mail server."`
}

// Notify is the delivery of notifications.
type Notify struct {
	GiveUp  Duration `toml:"give_up" default:"1h" doc:"How long a notification is tried before it counts as dropped."`
	Outbox  int      `toml:"outbox" default:"10000" doc:"How many notifications may wait per subscription."`
	Workers int      `toml:"workers" default:"64" doc:"How many are sent at once."`
	Timeout Duration `toml:"timeout" default:"10s" doc:"How long an endpoint's answer is waited for, where the subscription does not say."`
	Success string   `toml:"success" default:"2xx" allowed:"2xx 200" doc:"Which answers count as delivered: 2xx, as most receivers mean it, or 200 alone, as the letter of the standard has it (CIM 009, 5.8.6)."`
}

// Mail is the sending of letters and notices. It always goes over TLS.
type Mail struct {
	Server       string   `toml:"server" doc:"Host and port of the mail server that takes letters, such as smtp.city.example:465. Empty sends none. One at a private address needs outbound.allow.mail too."`
	TLS          string   `toml:"tls" default:"implicit" allowed:"implicit starttls" doc:"implicit: TLS from the first byte, mostly port 465. starttls: asked for and insisted on, mostly port 587. Nothing is sent without."`
	CA           string   `toml:"ca" doc:"File (PEM) with the certificates that the server's is checked against, for servers of a house's own; empty takes those of the system."`
	From         string   `toml:"from" doc:"Who writes, such as City of Clairebeke <data@city.example>."`
	User         string   `toml:"user" doc:"Account at the server; empty does not log in."`
	PasswordFile string   `toml:"password_file" doc:"File with the account's password on its first line. It is read at the start; the password itself stands in no configuration, and is shown nowhere."`
	Notices      []string `toml:"notices" doc:"Addresses that get each new notice of the stewards' inbox."`
	GiveUp       Duration `toml:"give_up" default:"3d" doc:"How long a letter is tried before it counts as refused."`
	Timeout      Duration `toml:"timeout" default:"1m" doc:"Longest time of one delivery."`
}

// NGSILD is the NGSI-LD interface.
type NGSILD struct {
	TemporalPage     int      `toml:"temporal_page" default:"10000" doc:"Instances on one page of a temporal answer."`
	Unavailable      int      `toml:"unavailable_context_status" default:"504" doc:"Status of LdContextNotAvailable, the answer when a remote @context cannot be had: 504, or 503 as up to version 1.8.1 of the standard, for clients that know that one alone."`
	Alias            string   `toml:"alias" doc:"Pseudonym by which other NGSI-LD systems know this server (contextSourceAlias), a token such as city-broker; one made up with the data folder if it is not said. A tenant's is alias.tenant."`
	Snapshots        int      `toml:"snapshots" default:"100" doc:"Snapshots that a tenant may have at once."`
	SnapshotEntities int      `toml:"snapshot_entities" default:"1000000" doc:"Entities that one snapshot takes in."`
	SnapshotLife     Duration `toml:"snapshot_life" default:"7d" doc:"How long a snapshot lasts at most; one that asks for nothing lasts a day."`
}

// Contexts is the handling of @contexts.
type Contexts struct {
	Preload map[string]string `toml:"preload" doc:"Addresses that are answered from a file, for ever and without a network: address = file. For installations without internet. A file is a JSON object with a member @context; one that is missing or cannot be read stops the start. Such contexts are listed as Cached. In the environment address=file, pairs separated by commas; the last equals sign of a pair counts, so that an address may have some."`
}

// City is what the pages say about the city.
type City struct {
	Name     string    `toml:"name" doc:"Name shown on the pages."`
	TimeZone string    `toml:"time_zone" default:"Europe/Brussels" doc:"IANA time zone of the city."`
	Country  string    `toml:"country" default:"FR" allowed:"FR FR-AM BE" doc:"Country (FR-AM: Alsace and Moselle) whose law and holidays count for requests and their deadlines."`
	Centre   []float64 `toml:"centre" doc:"Longitude and latitude that the map begins with; empty finds them from the data."`
	Bounds   []float64 `toml:"bounds" doc:"West, south, east, north of the map; empty finds them from the data."`
}

// Connect is the intake.
type Connect struct {
	Mappings    []string `toml:"mappings" doc:"Mapping files (YAML), one source each; patterns such as sources/*.yaml are taken."`
	DeadLetters int      `toml:"dead_letters" default:"10000" doc:"How many messages that could not be mapped are kept per source."`
}

// Limits bound what one request may cost.
type Limits struct {
	Body     Bytes    `toml:"body" default:"10MiB" doc:"Largest request body, also once decompressed."`
	Batch    Bytes    `toml:"batch" default:"64MiB" doc:"Largest body of a batch operation."`
	Time     Duration `toml:"time" default:"30s" doc:"Longest time of one request."`
	InFlight int      `toml:"in_flight" default:"2000" doc:"Requests that are answered at once."`
	Live     int      `toml:"live" default:"1000" doc:"Live connections of pages."`
}

// Log is what the server says about itself.
type Log struct {
	Level    string `toml:"level" default:"info" allowed:"debug info warn error" doc:"Least level that is written."`
	Format   string `toml:"format" default:"auto" allowed:"auto json text" doc:"auto: text on a terminal, JSON elsewhere."`
	Requests bool   `toml:"requests" doc:"Write a line for every request, not only for slow and failed ones."`
}
