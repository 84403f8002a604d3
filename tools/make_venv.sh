#!/bin/sh
# Make a virtual environment with a Python that is new enough, adding Debian's python3-venv if it is missing.
set -eu
python=$1
venv=$2

if ! "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
    echo "Python 3.11 or later is needed, and '$python' is not: make PYTHON=/path/to/python3.11 …" >&2
    exit 1
fi
if ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
    "$(dirname "$0")/system_packages.sh" python3-venv
fi
echo "making $venv with $("$python" --version)"
"$python" -m venv "$venv"
