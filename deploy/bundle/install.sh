#!/bin/sh
# Install the gateway from this folder, without any network: check every file, make a virtual environment, fill it.
#
#   sh install.sh [FOLDER]            FOLDER: /opt/fengqiao by default
#   PYTHON=/path/to/python            use this interpreter instead of looking for one
set -eu
cd "$(dirname "$0")"
folder=${1:-/opt/fengqiao}
version=$(cat PYTHON)

fail() {
    printf 'install: %s\n' "$*" >&2
    exit 1
}

sha256sum --check --quiet SHA256SUMS || fail "a file is damaged or missing: copy the bundle again"
python=${PYTHON:-python$version}
command -v "$python" >/dev/null || fail "Python $version is not installed; the wheels of this bundle are for that version"
[ "$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')" = "$version" ] ||
    fail "$python is not Python $version, which the wheels of this bundle are for"
[ ! -e "$folder" ] || [ -x "$folder/bin/python" ] || fail "$folder is there and is no virtual environment"

"$python" -m venv "$folder" || fail "no virtual environment could be made: install python$version-venv"
PIP_CONFIG_FILE=/dev/null "$folder/bin/python" -m pip install --no-index --find-links wheels --require-hashes \
    --no-deps --requirement requirements.txt --quiet --disable-pip-version-check --no-input ||
    fail "the packages could not be installed"
"$folder/bin/python" -m pip check --disable-pip-version-check || fail "the packages do not fit together"
"$folder/bin/fengqiao" --version
