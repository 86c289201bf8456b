#!/usr/bin/env bash
# step.sh "what it does" COMMAND...: says what runs now and how long it took.
set -uo pipefail
what=$1
shift
echo "==> $what"
began=$SECONDS
"$@"
status=$?
if [ $status -ne 0 ]; then
	echo "==> FAILED after $((SECONDS - began)) s: $what (exit status $status)" >&2
	exit $status
fi
echo "    done in $((SECONDS - began)) s"
