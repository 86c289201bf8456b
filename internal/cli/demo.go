package cli

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/beffroi/beffroi/internal/app"
	"github.com/beffroi/beffroi/internal/synth"
)

func newDemo(s Streams) *cobra.Command {
	var f settings
	var d app.Demo
	var list []string
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "Run an invented city on this machine",
		Long: `Run an invented city: its feeds run in real time, with seven days of history
behind them. Nothing in it is real, and it says so wherever it is seen. Ctrl-C
stops it; started again it goes on from the same data.`,
		Example: `  beffroi demo
  beffroi demo --speed 60 --fresh`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := f.load(cmd)
			if err != nil {
				return err
			}
			if !(d.Speed > 0 && d.Speed <= 3600) { // so that NaN is out, too
				return usage(fmt.Errorf("--speed must be above 0 and at most 3600, not %g", d.Speed))
			}
			faults, err := synth.ParseFaults(strings.Join(list, ","))
			if err != nil {
				return usage(err)
			}
			d.Faults = faults
			return serve(cmd.Context(), s, c, app.Options{MadeBy: app.MadeByDemo, Speed: d.Speed, Demo: &d})
		},
	}
	f.flags(cmd)
	fl := cmd.Flags()
	fl.Uint64Var(&d.Seed, "seed", 1, "which city: the same `NUMBER` gives the same one")
	fl.Float64Var(&d.Speed, "speed", 1, "how many seconds of the city pass in one")
	fl.BoolVar(&d.Fresh, "fresh", false, "begin anew; the old folder is moved aside")
	fl.StringSliceVar(&list, "faults", nil, "make feeds faulty: `LIST` of "+strings.Join(synth.FaultNames(), ", ")+", or all")
	return cmd
}
