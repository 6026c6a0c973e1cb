#!/usr/bin/env bash
# Makes a virtual environment with pip in FOLDER, from the first of the Python versions that can be had:
#   make_venv.sh FOLDER VERSION...            for instance: make_venv.sh .venv 3.11 3.12 3.13
# An interpreter on this machine is preferred; otherwise uv brings one. uv itself comes from pip, or, where Python has
# no pip either (a bare Debian), as the wheel from the package index, checked against its published digest.
set -euo pipefail
folder=$1; shift
here=$(cd "$(dirname "$0")" && pwd)
bootstrap=$(dirname "$here")/.venvs/uv

runs() { # INTERPRETER VERSION: is it really there (a pyenv shim may only pretend) and of that version?
    [ "$("$1" -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null)" = "$2" ]
}

interpreters() { # VERSION: candidates in the order of preference, one a line
    type -aP "python$1" || true
    type -aP python3 || true
    ls -d "${PYENV_ROOT:-$HOME/.pyenv}/versions/$1".*/bin/python3 2>/dev/null || true
}

uv() { # prints the path of a uv that runs, installing it where there is none
    local candidate
    for candidate in "$(type -P uv || true)" "$bootstrap/bin/uv"; do
        if [ -n "$candidate" ] && "$candidate" --version >/dev/null 2>&1; then echo "$candidate"; return; fi
    done
    if python3 -m pip --version >/dev/null 2>&1; then
        PIP_ROOT_USER_ACTION=ignore python3 -m pip install --quiet --disable-pip-version-check --upgrade --target "$bootstrap" uv >&2 || return 1
    else
        python3 "$here/fetch_uv.py" "$bootstrap/bin" >&2 || return 1
    fi
    echo "$bootstrap/bin/uv"
}

rm -rf "$folder"
for version in "$@"; do
    while read -r python; do
        if runs "$python" "$version" && "$python" -c 'import ensurepip, venv' 2>/dev/null && "$python" -m venv "$folder"; then
            echo "$folder: Python $version from $python"
            exit 0
        fi
    done < <(interpreters "$version")
done
rm -rf "$folder"
echo "No Python $* with venv on this machine: fetching one with uv."
uv=$(uv) || uv=
for version in ${uv:+"$@"}; do
    if "$uv" venv --quiet --seed --python "$version" "$folder"; then
        echo "$folder: Python $version through uv"
        exit 0
    fi
done
echo "$folder needs Python ${*// / or }, which is neither on this machine nor could be fetched." >&2
echo "Install it with its venv module (Debian: apt-get install python3-venv), then try again." >&2
exit 1
