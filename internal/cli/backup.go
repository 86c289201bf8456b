package cli

import (
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
		Use:   "export FILE",
		Short: "Write the whole city with its history into a file",
		Long: `Write the whole city into a file (NDJSON; - is the output): entities with their
history, subscriptions, contexts and datasets. Secrets are never in it. Importing
it into an empty folder and exporting again gives the same bytes.`,
		Example: `  beffroi export city.ndjson --data ./city`,
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) (err error) {
			var out io.Writer = s.Out
			if args[0] != "-" {
				f, err := os.OpenFile(args[0], os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
				if err != nil {
					return fmt.Errorf("write the export: %w", err)
				}
				defer func() { err = errors.Join(err, f.Close()) }()
				out = f
			}
			if t.url != "" {
				c, err := t.client()
				if err != nil {
					return err
				}
				res, err := c.send(cmd.Context(), "GET", "/api/export", "", nil)
				if err != nil {
					return err
				}
				defer res.Body.Close()
				_, err = io.Copy(out, res.Body)
				return err
			}
			st, err := t.open()
			if err != nil {
				return err
			}
			return errors.Join(app.Export(cmd.Context(), out, st, nil), st.Close())
		},
	}
	t.flags(cmd)
	return cmd
}
