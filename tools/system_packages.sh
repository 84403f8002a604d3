#!/bin/sh
# Install the Debian packages that the tests need and that are missing: servers to test against, a C compiler.
# Nothing is started: the tests start servers of their own, on free ports, and stop them.
# With arguments: install these packages instead.
set -eu

missing=
need() { # need PACKAGE COMMAND…: the package is missing if none of the commands is there
    package=$1
    shift
    for command in "$@"; do
        if command -v "$command" >/dev/null 2>&1 || [ -x "$command" ]; then
            return
        fi
    done
    missing="$missing $package"
}

PATH=$PATH:/usr/sbin:/sbin
if [ $# -gt 0 ]; then
    missing=" $*"
else
    need mariadb-server mariadbd mysqld
    need postgresql /usr/lib/postgresql/*/bin/postgres
    need redis-server redis-server valkey-server
    need nginx-light nginx
    need curl curl
    need openssl openssl
    need chromium-headless-shell chromium-headless-shell
    need build-essential cc
    headers=$("${PYTHON:-python3}" -c 'import sysconfig; print(sysconfig.get_path("include"))')
    [ -e "$headers/Python.h" ] || missing="$missing python3-dev"
fi
[ -n "$missing" ] || exit 0

if ! command -v apt-get >/dev/null 2>&1; then
    echo "these packages are needed and there is no apt-get to install them with:$missing" >&2
    exit 1
fi
if [ "$(id -u)" = 0 ]; then
    root=
elif command -v sudo >/dev/null 2>&1; then
    root=sudo
else
    echo "these packages are needed; install them as root: apt-get install$missing" >&2
    exit 1
fi

# Debian starts a server when its package is installed, unless this file says no.
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
    trap '$root rm -f "$policy"' EXIT
    printf '#!/bin/sh\nexit 101\n' | $root tee "$policy" >/dev/null
    $root chmod +x "$policy"
fi
echo "installing$missing"
log=$(mktemp)
if ! { $root apt-get update && $root env DEBIAN_FRONTEND=noninteractive \
    apt-get install --yes --no-install-recommends $missing; } >"$log" 2>&1; then
    tail -n 5 "$log" >&2
    echo "could not install$missing" >&2
    rm -f "$log"
    exit 1
fi
rm -f "$log"
