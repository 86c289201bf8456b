#!/usr/bin/env bash
# Runs the conformance suites and prints the table of clauses, also when a case
# failed: clause, cases, passed, known deviations.
set -uo pipefail
table=$(mktemp)
trap 'rm -f "$table"' EXIT
BEFFROI_CONFORMANCE_TABLE=$table go test -count=1 ./test/conformance/...
status=$?
cat "$table"
[ -s "$table" ] || {
	echo "the table of clauses is empty" >&2
	exit 1
}
exit $status
