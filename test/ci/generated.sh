#!/usr/bin/env bash
# Runs every generator and fails when a file differs from what was there.
set -euo pipefail
state() { git diff HEAD | sha256sum; git ls-files --others --exclude-standard -z | xargs -0 -r sha256sum | sha256sum; }
before=$(state)
"${MAKE:-make}" --no-print-directory gen >/dev/null
[ "$before" = "$(state)" ] || {
	git status --short >&2
	echo "a generated file was out of date: it has been written anew, commit it (make gen)" >&2
	exit 1
}
