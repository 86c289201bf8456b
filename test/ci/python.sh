#!/usr/bin/env bash
# Makes the Python environment in .venv and runs the checks in test/python.
set -euo pipefail
if [ ! -f test/python/requirements.txt ]; then
	echo "    not built yet: there is no test/python/requirements.txt"
	exit 0
fi
[ -x .venv/bin/python ] || python3 -m venv .venv
.venv/bin/pip install --quiet --disable-pip-version-check -r test/python/requirements.txt
.venv/bin/python -m unittest discover -s test/python
