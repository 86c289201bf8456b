package cli

import (
	"slices"

	"github.com/spf13/cobra"
)

// more lists the commands beyond serve, demo and version.
func more(s Streams) []*cobra.Command {
	return slices.Concat([]*cobra.Command{newImport(s), newExport(s), newBackup(s), newRestore(s), newDoctor(s)}, accountCommands(s))
}
