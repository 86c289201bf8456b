#!/usr/bin/env bash
# Lets the software of national portals harvest the demo city. Each has a
# Python environment of its own: their dependencies do not fit together.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
go build -o "$work/beffroi" ./cmd/beffroi
for portal in udata ckan; do
	env=.venv-$portal
	[ -x "$env/bin/python" ] || python3 -m venv "$env"
	"$env/bin/pip" install --quiet --disable-pip-version-check -r "test/portals/$portal/requirements.txt"
	echo "    $portal"
	BEFFROI_BINARY="$work/beffroi" "$env/bin/python" -W ignore::DeprecationWarning -m unittest discover -s "test/portals/$portal"
done
