package app

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"github.com/beffroi/beffroi/internal/access"
	"github.com/beffroi/beffroi/internal/connect"
	"github.com/beffroi/beffroi/internal/connect/file"
	"github.com/beffroi/beffroi/internal/connect/gbfs"
	"github.com/beffroi/beffroi/internal/connect/httppoll"
	"github.com/beffroi/beffroi/internal/connect/mqtt"
	"github.com/beffroi/beffroi/internal/problem"
)

// buildSources compiles the mappings and makes the supervisor that runs them.
// built are mappings beyond those of the configuration, by name.
func (a *App) buildSources(ctx context.Context, built map[string][]byte) error {
	var ms []*connect.Mapping
	add := func(where string, text []byte) error {
		m, err := connect.Compile(text)
		if err != nil {
			return problem.Wrap(problem.KindOf(err), err, "the mapping %s: %s", where, told(err))
		}
		ms = append(ms, m)
		return nil
	}
	for _, pattern := range a.cfg.Connect.Mappings {
		files, err := filepath.Glob(pattern)
		if err != nil || len(files) == 0 {
			return &mistake{problem.New(problem.BadRequestData, "connect.mappings: no file fits %q", pattern)}
		}
		for _, f := range files {
			text, err := os.ReadFile(f)
			if err != nil {
				return &mistake{fmt.Errorf("connect.mappings: %w", err)}
			}
			if err := add(f, text); err != nil {
				return &mistake{err}
			}
		}
	}
	for name, text := range built {
		if err := add(name, text); err != nil {
			return err
		}
	}
	slices.SortFunc(ms, func(x, y *connect.Mapping) int {
		if x.Source < y.Source {
			return -1
		}
		return 1
	})
	var err error
	a.sources, err = connect.New(ctx, connect.Options{Broker: a.broker, Records: a.st, Now: a.clock.Now, Real: a.clock.Real, Log: a.log,
		DeadLetters: a.cfg.Connect.DeadLetters,
		Readers: map[connect.Kind]connect.Open{
			connect.HTTP: httppoll.Open(a.fetch),
			connect.File: file.Open(file.Options{}),
			connect.GBFS: gbfs.Open(a.fetch, gbfs.Options{Get: httppoll.Document, Now: a.clock.Now}),
		}}, ms)
	if err != nil {
		return err
	}
	a.parts.running("sources", a.sources.Run)
	return nil
}

// told gives what may be told of err, or all of it if nobody decided.
func told(err error) string {
	if problem.KindOf(err) != problem.InternalError {
		return problem.DetailOf(err)
	}
	return err.Error()
}

// takeMQTT hands a message to the sources that it belongs to.
func (a *App) takeMQTT(ctx context.Context, m mqtt.Message) error {
	msg := connect.Message{Topic: m.Topic, Payload: m.Payload, Client: m.Client, Arrived: m.Arrived}
	if m.Caller.Role == access.Device {
		msg.MayFeed = m.Caller.MayFeed
	}
	return a.sources.HandleMQTT(ctx, msg)
}
