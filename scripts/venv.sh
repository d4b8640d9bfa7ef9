#!/bin/sh
# Make .venv with the first Python that is new enough, or say in one line what is missing.
# PYTHON=/path/to/python names one; what is not found by itself is looked for under the usual names.
set -eu

complain() {
    echo "$1" >&2
    exit 1
}

new_enough() {
    "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null
}

new_enough .venv/bin/python && exit 0

for python in "${PYTHON:-python3}" python3.13 python3.12 python3.11 ""; do
    if [ -n "$python" ] && new_enough "$python"; then break; fi
done
[ -n "$python" ] || complain "Porchlight needs Python 3.11 or newer; name one with: make PYTHON=/path/to/python3 …"

# Debian and Ubuntu keep half of venv in a package of its own.
"$python" -c 'import ensurepip, venv' 2>/dev/null ||
    complain "$python cannot make virtual environments yet. On Debian or Ubuntu: sudo apt install python3-venv"

"$python" -m venv --clear .venv
