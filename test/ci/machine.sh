#!/usr/bin/env bash
# Checks the two tools that must be there and, as root on a Debian-like
# machine, installs the rest of what `make test` needs.
set -euo pipefail

# newer HAVE WANT: true when version HAVE is WANT or later.
newer() { [ "$(printf '%s\n%s\n' "$2" "$1" | sort -V | head -n 1)" = "$2" ]; }

fail() { echo "machine: $*" >&2; exit 1; }

command -v go >/dev/null || fail "Go 1.26 or newer is needed, and there is no go on the PATH"
have=$(go env GOVERSION) && have=${have#go}
newer "$have" 1.26 || fail "Go 1.26 or newer is needed, this is $have"

command -v node >/dev/null || fail "Node 20.19 or newer is needed, and there is no node on the PATH"
have=$(node --version) && have=${have#v}
newer "$have" 20.19 || fail "Node 20.19 or newer is needed, this is $have"
command -v npm >/dev/null || fail "npm is needed beside node, and it is not on the PATH"

missing=()
command -v gcc >/dev/null && echo '#include <stdlib.h>' | gcc -fsyntax-only -x c - 2>/dev/null || missing+=(gcc libc6-dev)
command -v chromium >/dev/null || missing+=(chromium)
command -v pdfinfo >/dev/null || missing+=(poppler-utils)
command -v qpdf >/dev/null || missing+=(qpdf)
command -v rapper >/dev/null || missing+=(raptor2-utils)
command -v ogrinfo >/dev/null || missing+=(gdal-bin)
python3 -c 'import venv, ensurepip' 2>/dev/null || missing+=(python3-venv)

if [ ${#missing[@]} -gt 0 ]; then
	command -v apt-get >/dev/null && [ "$(id -u)" = 0 ] ||
		fail "please install ${missing[*]} (as root on Debian this script does it)"
	echo "    installing ${missing[*]}"
	export DEBIAN_FRONTEND=noninteractive
	log=$(mktemp)
	{ apt-get update -qq && apt-get install -y -qq --no-install-recommends "${missing[@]}"; } </dev/null >"$log" 2>&1 ||
		{ tail -n 20 "$log" >&2; fail "apt-get could not install ${missing[*]}"; }
	rm -f "$log"
fi
echo "    $(go version | cut -d' ' -f3), node $(node --version), $(gcc --version | head -n 1), $(chromium --version 2>/dev/null | cut -d' ' -f1-2)"
