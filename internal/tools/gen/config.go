package main

import (
	"context"

	"github.com/beffroi/beffroi/internal/config"
)

// configPage makes the page that lists every key of the configuration.
func configPage(context.Context, string) ([]byte, error) { return config.Page(), nil }
