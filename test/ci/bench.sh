#!/usr/bin/env bash
# bench.sh COUNT: runs the benchmarks COUNT times and keeps the figures.
set -euo pipefail
if ! ls test/bench/*_test.go >/dev/null 2>&1; then
	echo "    not built yet: there is no test in test/bench"
	exit 0
fi
mkdir -p test/bench/out
out=test/bench/out/$(git rev-parse --short HEAD).txt
go test -run='^$' -bench=. -count="$1" -timeout 2h ./test/bench | tee "$out"
go tool benchstat "$out"
echo "    kept in $out: compare with go tool benchstat OLD NEW"
