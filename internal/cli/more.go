package cli

import "github.com/spf13/cobra"

// more lists the commands beyond serve, demo and version.
func more(Streams) []*cobra.Command { return nil }
