package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/beffroi/beffroi/internal/api/operate"
	"github.com/beffroi/beffroi/internal/app"
	"github.com/beffroi/beffroi/internal/config"
	"github.com/beffroi/beffroi/internal/store/embedded"
)

func newBackup(s Streams) *cobra.Command {
	var t target
	cmd := &cobra.Command{
		Use:   "backup FOLDER",
		Short: "Copy a city, also while it runs",
		Long: `Copy a city into a new folder: of a running server with --url, or of a folder
whose server is stopped with --data. Everything that was acknowledged before the
command is in it. beffroi restore makes a data folder of it again.`,
		Example: `  beffroi backup ./backup-monday --url http://127.0.0.1:8080`,
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			dir := args[0]
			if t.url != "" {
				c, err := t.client()
				if err != nil {
					return err
				}
				res, err := c.send(cmd.Context(), "GET", "/api/backup", "", nil)
				if err != nil {
					return err
				}
				defer res.Body.Close()
				if err := operate.Unpack(res.Body, dir); err != nil {
					return err
				}
			} else {
				st, err := t.open()
				if err != nil {
					return err
				}
				if err := errors.Join(st.Checkpoint(dir), st.Close()); err != nil {
					return err
				}
			}
			_, err := fmt.Fprintf(s.Out, "the backup is in %s; make a data folder of it with\n  beffroi restore %s --data NEW-FOLDER\n", dir, dir)
			return err
		},
	}
	t.flags(cmd)
	return cmd
}

func newRestore(s Streams) *cobra.Command {
	var data string
	cmd := &cobra.Command{
		Use:     "restore BACKUP",
		Short:   "Make a data folder of a backup",
		Long:    `Make a new data folder of a backup. The backup stays as it is.`,
		Example: `  beffroi restore ./backup-monday --data ./city`,
		Args:    cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			cfg := config.Default()
			cfg.Store.Dir = data
			dir, err := app.Dir(cfg, app.MadeByCity)
			if err != nil {
				return err
			}
			if err := os.MkdirAll(filepath.Dir(dir), 0o700); err != nil {
				return fmt.Errorf("make the folder for %s: %w", dir, err)
			}
			if err := embedded.Restore(nil, args[0], dir); err != nil {
				return err
			}
			_, err = fmt.Fprintf(s.Out, "the city is in %s; run it with\n  beffroi serve --data %s\n", dir, dir)
			return err
		},
	}
	cmd.Flags().StringVar(&data, "data", "", "data folder to make (default $XDG_DATA_HOME/beffroi/city)")
	return cmd
}

func newExport(s Streams) *cobra.Command {
	var t target
	cmd := &cobra.Command{
		Use:   "export [FILE]",
		Short: "Write the whole city with its history into a file",
		Long: `Write the whole city into a file (NDJSON), or to the output without FILE or
with -: entities with their history, subscriptions, contexts and datasets.
Secrets are never in it. Importing it into an empty folder and exporting again
gives the same bytes. A file that is there already is not written over.`,
		Example: `  beffroi export city.ndjson --data ./city`,
		Args:    cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			write, done, err := t.exporter(cmd.Context())
			if err != nil {
				return err
			}
			if len(args) == 0 || args[0] == "-" {
				return errors.Join(write(s.Out), done())
			}
			return errors.Join(exportFile(args[0], write), done())
		},
	}
	t.flags(cmd)
	return cmd
}

// exporter opens what is to be exported, before any file is made; write may be
// called once.
func (t *target) exporter(ctx context.Context) (write func(io.Writer) error, done func() error, err error) {
	if t.url != "" {
		c, err := t.client()
		if err != nil {
			return nil, nil, err
		}
		res, err := c.send(ctx, "GET", "/api/export", "", nil)
		if err != nil {
			return nil, nil, err
		}
		return func(w io.Writer) error {
			_, err := io.Copy(w, res.Body)
			return err
		}, res.Body.Close, nil
	}
	st, err := t.open()
	if err != nil {
		return nil, nil, err
	}
	return func(w io.Writer) error { return app.Export(ctx, w, st, nil) }, st.Close, nil
}

// exportFile writes a new file, all of it or none.
func exportFile(name string, write func(io.Writer) error) error {
	f, err := os.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("write the export: %w", err)
	}
	if err := errors.Join(write(f), f.Sync(), f.Close()); err != nil {
		return errors.Join(fmt.Errorf("%s is not written: %w", name, err), os.Remove(name))
	}
	return nil
}
