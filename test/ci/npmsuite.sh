#!/usr/bin/env bash
# npmsuite.sh FOLDER SCRIPT: installs the Node packages of FOLDER and runs SCRIPT there.
set -euo pipefail
if [ ! -f "$1/package.json" ]; then
	echo "    not built yet: there is no $1/package.json"
	exit 0
fi
cd "$1"
npm ci --no-audit --no-fund --silent
npm run --silent "$2"
