#!/bin/sh
# Bring the lock files up to date, with --upgrade to the newest versions. Each pin lists the hashes of all its files and, where it is needed on some
# Pythons or platforms only, a marker; no address is recorded, so any index or mirror can serve them.
set -eu

upgrade=${1:-}
here=$(mktemp -d)
trap 'rm -r "$here"' EXIT
.venv/bin/python -m venv "$here"
"$here/bin/pip" install --quiet uv

pin() {
    lock=$1
    shift
    "$here/bin/uv" pip compile --quiet $upgrade --universal --python-version 3.11 --generate-hashes \
        --only-binary :all: --no-annotate --custom-compile-command "make lock" "$@" --output-file "requirements/$lock"
}

pin runtime.lock --all-extras pyproject.toml
pin build.lock --group build --constraint requirements/runtime.lock
pin dev.lock --group dev --constraint requirements/runtime.lock --constraint requirements/build.lock
pin node.lock --group node
if [ -n "$upgrade" ]; then change=update; else change=install; fi
scripts/with-node.sh npm "$change" --ignore-scripts --no-audit --no-fund --loglevel=error
