#!/usr/bin/env bash
# Fails when a Go file is not as gofmt writes it. Files under testdata may be
# wrong on purpose.
set -euo pipefail
bad=$(git ls-files -z --cached --others --exclude-standard '*.go' ':!:**/testdata/**' |
	xargs -0 -r sh -c 'for f; do [ -f "$f" ] && echo "$f"; done' sh | xargs -r gofmt -l)
[ -z "$bad" ] || { printf 'run gofmt -w on:\n%s\n' "$bad" >&2; exit 1; }
