#!/bin/sh
# compile.sh VENV OUT: compile the hot modules into OUT, or say why the plain sources have to serve.
set -eu
venv=$1
out=$2

plain() {
    rm -rf "$out"
    echo "$1: the plain sources serve, with some 40 % more CPU per request" >&2
    exit 0
}

headers=$("$venv/bin/python" -c 'import sysconfig; print(sysconfig.get_path("include"))')
command -v cc >/dev/null 2>&1 || plain "no C compiler (Debian: apt-get install build-essential)"
[ -e "$headers/Python.h" ] || plain "no headers of Python (Debian: apt-get install python3-dev)"
if command -v flock >/dev/null 2>&1; then
    mkdir -p "${out%/*}"
    exec 9>"$out.lock"
    if ! flock --nonblock 9; then
        echo "waiting for another compilation of the hot modules"
        flock 9
        make --question "$out/.made" && exit 0
    fi
fi
echo "compiling the hot modules (a minute or two; again when the sources have changed)"
"$venv/bin/pip" --disable-pip-version-check --quiet install --no-deps --require-hashes -r requirements-compile.lock
log=$(mktemp)
if ! "$venv/bin/python" tools/compile.py "$out" >"$log" 2>&1; then
    tail -n 5 "$log" >&2
    rm -f "$log"
    plain "compiling failed"
fi
tail -n 1 "$log"
rm -f "$log"
touch "$out/.made"
