#!/bin/bash
# Drives the built extension in a real Blender window and leaves screenshots: run.sh OUT [DRIVE.sh]
# Needs root on Debian and the script that PARTGEN_GUI names, which prepares a Blender with a virtual screen.
# PARTGEN_BACKEND: another backend than that of .venv. PARTGEN_GUI_SUITE: the Debian whose Blender it is (sid 5.2, trixie 4.3).
set -euo pipefail
cd "$(dirname "$0")/../.."
root=$PWD
gui=${PARTGEN_GUI:-../shared/tools/blender-gui.sh}
[ -f "$gui" ] || { echo "There is no $gui: set PARTGEN_GUI." >&2; exit 1; }
out=${1:?a folder for the screenshots}
drive=${2:-tests/gui/drive.sh}
python=$(.venv/bin/python -c 'import sys; print(sys.base_prefix)')
settings=$(mktemp -d)
trap 'rm -rf "$settings"' EXIT
echo "${PARTGEN_BACKEND:-$root/.venv/bin/partgen serve}" >"$settings/backend.txt"
bash "$gui" -s "${PARTGEN_GUI_SUITE:-sid}" -o "$out" -z "$(readlink -f dist/partgen_blender.zip)" -b "$root" -b "$python" -e "$settings/backend.txt" tests/gui/start.py "$drive"
! grep -n Traceback -A 20 "$out/blender.log"
