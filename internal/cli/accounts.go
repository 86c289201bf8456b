package cli

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/spf13/cobra"

	"github.com/beffroi/beffroi/internal/access"
	"github.com/beffroi/beffroi/internal/identity"
	"github.com/beffroi/beffroi/internal/store/embedded"
)

// registry is one kind of credentials, in a folder or behind a server.
type registry interface {
	List(ctx context.Context) ([]listed, error)
	Add(ctx context.Context, d access.Draft) (string, error)
	Revoke(ctx context.Context, name string) error
	Reset(ctx context.Context, name string) (string, error)
}

// listed is one entry as a list shows it.
type listed struct {
	Name    string    `json:"name"`
	Role    string    `json:"role"`
	Sources []string  `json:"sources"`
	Created time.Time `json:"created"`
	Expires time.Time `json:"expires,omitzero"`
}

// kind is what one of the commands user, token and device is about.
type kind struct {
	name, what, shown string
	pick              func(*identity.Service) identity.Register
	example           string
}

func accountCommands(s Streams) []*cobra.Command {
	var out []*cobra.Command
	for _, k := range []kind{
		{"user", "accounts of people", "password", (*identity.Service).UserRegister, "  beffroi user add ada --role administrator --data ./city"},
		{"token", "tokens of programs", "token", (*identity.Service).TokenRegister, "  beffroi token add dashboard --role reader --days 90 --data ./city"},
		{"device", "credentials of devices", "secret", (*identity.Service).DeviceRegister, "  beffroi device add sensor-12 --source noise --data ./city"},
	} {
		out = append(out, k.command(s))
	}
	return out
}

func (k kind) command(s Streams) *cobra.Command {
	cmd := &cobra.Command{Use: k.name, Short: "Look after the " + k.what, Example: k.example, RunE: needsSubcommand}
	var t target
	var d access.Draft
	with := func(f func(ctx context.Context, r registry, args []string) error) func(*cobra.Command, []string) error {
		return func(cmd *cobra.Command, args []string) error {
			r, done, err := k.registry(cmd.Context(), &t, cmd.Name() == "add")
			if err != nil {
				return err
			}
			return errors.Join(f(cmd.Context(), r, args), done())
		}
	}
	add := &cobra.Command{Use: "add NAME", Short: "Add one and show its " + k.shown + ", once", Example: k.example, Args: cobra.ExactArgs(1),
		RunE: with(func(ctx context.Context, r registry, args []string) error {
			d.Name = args[0]
			secret, err := r.Add(ctx, d)
			if err != nil {
				return err
			}
			return k.show(s, args[0], secret)
		})}
	switch k.name {
	case "user":
		add.Flags().StringVar(&d.Role, "role", "reader", "administrator, steward, editor or reader")
	case "token":
		add.Flags().StringVar(&d.Role, "role", "reader", "administrator, steward, editor or reader")
		add.Flags().IntVar(&d.Days, "days", 365, "how many days it holds")
	case "device":
		add.Flags().StringSliceVar(&d.Sources, "source", nil, "`SOURCES` that it may feed; may be given several times")
	}
	some := strings.Fields(k.example)[3] // whom the example adds
	sub := func(use, short, example string, n cobra.PositionalArgs, f func(ctx context.Context, r registry, args []string) error) *cobra.Command {
		return &cobra.Command{Use: use, Short: short, Example: "  beffroi " + k.name + " " + example + " --data ./city", Args: n, RunE: with(f)}
	}
	cmds := []*cobra.Command{add,
		sub("list", "List them", "list", cobra.NoArgs, func(ctx context.Context, r registry, _ []string) error { return k.list(ctx, s, r) }),
		sub("revoke NAME", "Remove one; what it was used for stops working at once", "revoke "+some, cobra.ExactArgs(1), func(ctx context.Context, r registry, args []string) error {
			if err := r.Revoke(ctx, args[0]); err != nil {
				return err
			}
			_, err := fmt.Fprintf(s.Out, "%s %s is removed\n", k.name, args[0])
			return err
		}),
		sub("reset NAME", "Give one a new "+k.shown+" and show it, once", "reset "+some, cobra.ExactArgs(1), func(ctx context.Context, r registry, args []string) error {
			secret, err := r.Reset(ctx, args[0])
			if err != nil {
				return err
			}
			return k.show(s, args[0], secret)
		})}
	for _, c := range cmds {
		t.flags(c)
		cmd.AddCommand(c)
	}
	return cmd
}

func (k kind) show(s Streams, name, secret string) error {
	_, err := fmt.Fprintf(s.Out, "%s %s\n%s: %s\nIt is kept hashed and cannot be shown again.\n", k.name, name, k.shown, secret)
	return err
}

func (k kind) list(ctx context.Context, s Streams, r registry) error {
	all, err := r.List(ctx)
	if err != nil {
		return err
	}
	w := tabwriter.NewWriter(s.Out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "NAME\tROLE\tSINCE\tUNTIL\tSOURCES")
	for _, l := range all {
		until, sources := "", ""
		if !l.Expires.IsZero() {
			until = l.Expires.Format(time.DateOnly)
		}
		for i, x := range l.Sources {
			if i > 0 {
				sources += ", "
			}
			sources += x
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", l.Name, l.Role, l.Created.Format(time.DateOnly), until, sources)
	}
	return w.Flush()
}

// registry opens the folder or asks the server. With begin it makes a folder
// that is not there: the first account comes before the first start.
func (k kind) registry(ctx context.Context, t *target, begin bool) (registry, func() error, error) {
	if t.url != "" {
		c, err := t.client()
		return remote{c, k.name}, func() error { return nil }, err
	}
	open := t.open
	if begin {
		open = func() (*embedded.Store, error) { return t.openOrMake(false) }
	}
	st, err := open()
	if err != nil {
		return nil, nil, err
	}
	ids, err := identity.Open(ctx, identity.Options{Records: st})
	if err != nil {
		return nil, nil, errors.Join(err, st.Close())
	}
	return local{k.pick(ids)}, st.Close, nil
}

type local struct{ identity.Register }

// List lists what the folder holds.
func (l local) List(context.Context) ([]listed, error) {
	b, err := json.Marshal(l.Register.List())
	if err != nil {
		return nil, err
	}
	var out []listed
	return out, json.Unmarshal(b, &out)
}

type remote struct {
	c    *client
	kind string
}

// List lists what the server has.
func (r remote) List(ctx context.Context) ([]listed, error) {
	var out map[string][]listed
	if err := r.c.do(ctx, "GET", "/api/"+r.kind+"s", nil, &out); err != nil {
		return nil, err
	}
	return out[r.kind+"s"], nil
}

type secretAnswer struct {
	Secret string `json:"secret"`
}

// Add adds one on the server.
func (r remote) Add(ctx context.Context, d access.Draft) (string, error) {
	in := map[string]any{"name": d.Name}
	if d.Role != "" {
		in["role"] = d.Role
	}
	if d.Days != 0 {
		in["days"] = d.Days
	}
	if d.Sources != nil {
		in["sources"] = d.Sources
	}
	var out secretAnswer
	err := r.c.do(ctx, "POST", "/api/"+r.kind+"s", in, &out)
	return out.Secret, err
}

// Revoke removes one on the server.
func (r remote) Revoke(ctx context.Context, name string) error {
	return r.c.do(ctx, "DELETE", "/api/"+r.kind+"s/"+url.PathEscape(name), nil, nil)
}

// Reset gives one on the server a new secret.
func (r remote) Reset(ctx context.Context, name string) (string, error) {
	var out secretAnswer
	err := r.c.do(ctx, "POST", "/api/"+r.kind+"s/"+url.PathEscape(name)+"/reset", nil, &out)
	return out.Secret, err
}
