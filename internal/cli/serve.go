package cli

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"time"

	"github.com/lmittmann/tint"
	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/beffroi/beffroi/internal/app"
	"github.com/beffroi/beffroi/internal/config"
	"github.com/beffroi/beffroi/internal/fetch"
	"github.com/beffroi/beffroi/internal/problem"
)

// settings are the flags that stand over the configuration; serve and demo
// share them.
type settings struct {
	file, data, addr, mqtt string
	allow                  []string
	plain                  bool
}

func (f *settings) flags(cmd *cobra.Command) {
	fl := cmd.Flags()
	fl.StringVar(&f.data, "data", "", "data folder (default $XDG_DATA_HOME/beffroi/city, for the demo .../demo)")
	fl.StringVar(&f.addr, "addr", "", "`HOST:PORT` for HTTP (default 127.0.0.1:8080)")
	fl.StringVar(&f.mqtt, "mqtt", "", "`HOST:PORT` for MQTT, or off (default 127.0.0.1:1883)")
	fl.StringSliceVar(&f.allow, "outbound-allow", nil, "private addresses that may be reached: `LIST` of CIDR, CIDR:PORT or HOST:PORT")
	fl.BoolVar(&f.plain, "insecure-plain", false, "plain HTTP and MQTT off loopback, for a proxy on a trusted network")
}

// load gives the configuration with the flags over it.
func (f *settings) load(cmd *cobra.Command) (config.Config, error) {
	c, err := config.Load(f.file, os.Environ())
	if err != nil {
		return c, usage(err)
	}
	changed := cmd.Flags().Changed
	if changed("data") {
		c.Store.Dir = f.data
	}
	if changed("addr") {
		c.Server.Addr = f.addr
	}
	if changed("mqtt") {
		c.MQTT.Addr = f.mqtt
	}
	if changed("insecure-plain") {
		c.Server.InsecurePlain = f.plain
	}
	if changed("outbound-allow") {
		if _, err := fetch.ParseAllow(f.allow...); err != nil {
			return c, usage(fmt.Errorf("--outbound-allow: %s", problem.DetailOf(err)))
		}
		a := &c.Outbound.Allow
		a.Context, a.Notification, a.Source, a.Harvest, a.Mail = f.allow, f.allow, f.allow, f.allow, f.allow
	}
	return c, usage(c.Check())
}

// logger writes as the configuration asks: text on a terminal, JSON elsewhere.
func logger(c config.Log, s Streams) *slog.Logger {
	level := slog.LevelInfo
	switch c.Level {
	case "debug":
		level = slog.LevelDebug
	case "warn":
		level = slog.LevelWarn
	case "error":
		level = slog.LevelError
	}
	f, isFile := s.Err.(*os.File)
	terminal := isFile && term.IsTerminal(int(f.Fd()))
	if c.Format == "text" || c.Format == "auto" && terminal {
		return slog.New(tint.NewTextHandler(s.Err, &tint.Options{Level: level, TimeFormat: time.TimeOnly, NoColor: !terminal}))
	}
	return slog.New(slog.NewJSONHandler(s.Err, &slog.HandlerOptions{Level: level}))
}

func newServe(s Streams) *cobra.Command {
	var f settings
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Run a city",
		Long: `Run a city: the API, the MQTT listener and the pages, on one data folder.

Without any configuration it listens on this machine only. Every key of the
configuration file is also an environment variable: server.addr is
BEFFROI_SERVER_ADDR. Flags stand over both.`,
		Example: `  beffroi serve --data ./city --addr 127.0.0.1:8080 --mqtt off`,
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := f.load(cmd)
			if err != nil {
				return err
			}
			return serve(cmd.Context(), s, c, app.Options{MadeBy: app.MadeByCity})
		},
	}
	cmd.Flags().StringVar(&f.file, "config", "", "configuration `FILE` (TOML)")
	f.flags(cmd)
	return cmd
}

// serve runs an app to its end and prints the lines that people and programs
// wait for.
func serve(ctx context.Context, s Streams, c config.Config, o app.Options) error {
	o.Version, o.Log = version(), logger(c.Log, s)
	a, err := app.Open(ctx, c, o)
	if err != nil {
		return err
	}
	ran := make(chan error, 1)
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	go func() { ran <- a.Run(ctx) }()
	select {
	case err := <-ran:
		return closed(a, err)
	case <-a.Ready():
	}
	for _, line := range a.Lines() {
		if _, err := fmt.Fprintln(s.Out, line); err != nil {
			stop()
			return closed(a, <-ran)
		}
	}
	return closed(a, <-ran)
}

func closed(a *app.App, err error) error {
	if cerr := a.Close(); err == nil {
		err = cerr
	}
	return err
}
