#!/bin/sh
# Make a virtual environment that holds exactly what requirements.lock names, and this project in editable form.
#
#   tools/install.sh [FOLDER]        FOLDER: .venv by default
#   PYTHON=/path/to/python           use this interpreter instead of looking for one
set -eu
cd "$(dirname "$0")/.."
venv=${1:-.venv}

say() { printf 'install: %s\n' "$*" >&2; }

fail() {
    say "$@"
    exit 1
}

# A name on the PATH is not yet an interpreter: version managers put names there that only say "not installed".
usable() { "$1" -c 'import sys, venv; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; }

find_python() {
    for candidate in ${PYTHON:-python3.13 python3.12 python3.11 python3}; do
        if usable "$candidate"; then
            command -v "$candidate"
            return
        fi
    done
    fail "no Python 3.11 or newer found (looked for: ${PYTHON:-python3.13, python3.12, python3.11, python3});" \
        "install one, or name it: make install PYTHON=/path/to/python3"
}

# Debian and Ubuntu ship `venv` without the part that puts pip into it.
make_venv() {
    if "$1" -c 'import ensurepip' >/dev/null 2>&1; then
        "$1" -m venv "$venv"
    elif "$1" -m virtualenv --version >/dev/null 2>&1; then
        "$1" -m virtualenv --quiet "$venv"
    elif command -v virtualenv >/dev/null 2>&1; then
        virtualenv --quiet --python "$1" "$venv"
    else
        fail "$1 cannot make virtual environments with pip: install python3-venv (Debian, Ubuntu) or virtualenv"
    fi
}

if [ -x "$venv/bin/python" ] && usable "$venv/bin/python" && "$venv/bin/python" -m pip --version >/dev/null 2>&1; then
    say "$venv is there, with $("$venv/bin/python" --version)"
else
    python=$(find_python)
    say "making $venv with $("$python" --version)"
    rm -rf "$venv"
    make_venv "$python"
fi

# Twice --quiet: errors still speak, a package index that is configured but absent does not.
pip() { "$venv/bin/python" -m pip "$@" --quiet --quiet --disable-pip-version-check --no-input; }

say "fetching and installing $(grep -c '^[A-Za-z0-9].*==' requirements.lock) packages, each checked against its hash"
pip install --require-hashes -r requirements.lock || fail "the packages of requirements.lock could not be installed"
say "installing the project itself, editable"
pip install --no-deps --no-build-isolation --editable . || fail "the project could not be installed"
# The campaign of faults is part of the tests, not of the product: a command of this checkout only.
printf '#!/bin/sh\ncd "%s" && exec "%s/bin/python" -m tests.faults "$@"\n' "$PWD" "$(cd "$venv" && pwd)" > "$venv/bin/fengqiao-faults"
chmod +x "$venv/bin/fengqiao-faults"
say "done: $venv/bin/fengqiao"
