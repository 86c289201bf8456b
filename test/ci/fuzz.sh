#!/usr/bin/env bash
# fuzz.sh SECONDS: lets all fuzz targets of the module share SECONDS of fuzzing.
set -euo pipefail
total=$1
mapfile -t found < <(grep -rlE --include='*_test.go' --exclude-dir=node_modules --exclude-dir=testdata '^func Fuzz[A-Z]' . |
	sort | xargs -r grep -hoHE '^func Fuzz[A-Za-z0-9_]+' | sed -E 's#/[^/]*:func # #')
count=${#found[@]}
if [ "$count" -eq 0 ]; then
	echo "    no fuzz target yet"
	exit 0
fi
each=$((total * 1000 / count))
[ "$each" -ge 500 ] || each=500
echo "    $count targets, $each ms each"
for line in "${found[@]}"; do
	read -r dir target <<<"$line"
	if ! out=$(go test -run='^$' -fuzz="^$target\$" -fuzztime="${each}ms" "$dir" 2>&1); then
		# When the time is up in the middle of an input, the go command may say
		# so as if the target had failed; a real failure leaves its input.
		if ! grep -q '^ *context deadline exceeded$' <<<"$out" || grep -q 'Failing input' <<<"$out"; then
			echo "$out"
			echo "fuzz: $target in $dir failed; its input is kept under $dir/testdata/fuzz" >&2
			exit 1
		fi
	fi
	echo "    $dir $target: $(grep -oE 'execs: [0-9]+' <<<"$out" | tail -n 1)"
done
