// Package cli holds beffroi's subcommands, a file each. A command reads its
// flags, has the work done elsewhere, and says what became of it in words.
//
// Exit status: 0 when it worked (also after SIGINT or SIGTERM), 2 for a wrong
// flag, argument or configuration, 1 otherwise.
package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"runtime/debug"
	"strings"

	"github.com/spf13/cobra"

	"github.com/beffroi/beffroi/internal/app"
	"github.com/beffroi/beffroi/internal/problem"
)

// Streams are the command's input and outputs.
type Streams struct {
	In       io.Reader
	Out, Err io.Writer
}

// Version is the program's version; the build may set it (-ldflags -X).
var Version = ""

// version gives Version, or what the toolchain knows of the build.
func version() string {
	if Version != "" {
		return Version
	}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	rev, dirty := "", ""
	for _, s := range info.Settings {
		switch {
		case s.Key == "vcs.revision":
			rev = s.Value[:min(12, len(s.Value))]
		case s.Key == "vcs.modified" && s.Value == "true":
			dirty = "+changes"
		}
	}
	if rev == "" {
		return "development"
	}
	return "development-" + rev + dirty
}

// usageError is a mistake in what the user typed or configured: exit status 2.
type usageError struct{ err error }

func (e *usageError) Error() string { return e.err.Error() }
func (e *usageError) Unwrap() error { return e.err }

func usage(err error) error {
	if err == nil {
		return nil
	}
	return &usageError{err}
}

// needsSubcommand is what a command does that is only a family of others: it
// shows its help when it is called alone.
func needsSubcommand(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return cmd.Help()
	}
	return usage(fmt.Errorf("unknown command %q for %q", args[0], cmd.CommandPath()))
}

// Main runs the command that args name and gives the exit status.
func Main(ctx context.Context, args []string, s Streams) int {
	root := newRoot(s)
	root.SetArgs(args)
	err := root.ExecuteContext(ctx)
	if err == nil {
		return 0
	}
	var u *usageError
	if errors.As(err, &u) || isCobraUsage(err) || app.IsConfiguration(err) {
		fmt.Fprintf(s.Err, "beffroi: %s\n", told(err))
		fmt.Fprintf(s.Err, "Try: beffroi --help\n")
		return 2
	}
	fmt.Fprintf(s.Err, "beffroi: %s\n", told(err))
	return 1
}

// told gives an error as people read it: the detail where one is meant for
// them.
func told(err error) string {
	var p *problem.Error
	if errors.As(err, &p) && p.Detail != "" {
		s := p.Detail
		if p.Kind == problem.InternalError && p.Err != nil {
			s += ": " + p.Err.Error()
		}
		return s
	}
	return err.Error()
}

// isCobraUsage tells cobra's own complaints, which have no type.
func isCobraUsage(err error) bool {
	s := err.Error()
	for _, begin := range []string{"unknown command", "unknown flag", "unknown shorthand flag", "invalid argument", "flag needs an argument", "accepts ", "requires at least", "required flag", "if any flags in the group"} {
		if strings.HasPrefix(s, begin) {
			return true
		}
	}
	return false
}

func newRoot(s Streams) *cobra.Command {
	root := &cobra.Command{
		Use:   "beffroi",
		Short: "The state and the history of a city, in open standards and on a map",
		Long: `beffroi keeps the live state and the whole history of a city, answers for it in
open standards, and shows it on a map. One program, one data folder.`,
		Example: `  beffroi demo                     an invented city, living on this machine
  beffroi serve --data ./city      your own
  beffroi doctor                   what is wrong, and how to mend it`,
		SilenceErrors: true, SilenceUsage: true,
	}
	root.SetIn(s.In)
	root.SetOut(s.Out)
	root.SetErr(s.Err)
	root.CompletionOptions.HiddenDefaultCmd = true
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return usage(err) })
	root.AddCommand(newServe(s), newDemo(s), newVersion(s))
	root.AddCommand(more(s)...)
	return root
}
