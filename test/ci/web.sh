#!/usr/bin/env bash
# Type check and unit tests of the page, then a rebuild that must give
# exactly the files in web/dist.
set -euo pipefail
if [ ! -f web/package.json ]; then
	echo "    not built yet: there is no web/package.json"
	exit 0
fi
cd web
npm ci --no-audit --no-fund --silent
npm run --silent check
kept=$(mktemp -d)
trap 'rm -rf "$kept"' EXIT
cp -a dist "$kept/dist"
npm run --silent build
diff -r "$kept/dist" dist || { echo "web/dist is not what the sources give: commit it after npm run build" >&2; exit 1; }
