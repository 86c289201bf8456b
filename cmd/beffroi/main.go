// Command beffroi keeps the state and the history of a city, answers for it in
// open standards, and shows it on a map. See beffroi --help.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"github.com/beffroi/beffroi/internal/cli"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal ends a stop that hangs
	code := cli.Main(ctx, os.Args[1:], cli.Streams{In: os.Stdin, Out: os.Stdout, Err: os.Stderr})
	stop()
	os.Exit(code)
}
