#!/usr/bin/env bash
# Checks that a Blender wheel finds the system libraries it links to: check_blender_libraries.sh VENV PACKAGE...
# PACKAGE... are the Debian packages that have them; installed here where that can be done without asking (root, apt).
set -euo pipefail
venv=$1; shift

missing() { find "$venv"/lib/python3*/site-packages/bpy -maxdepth 1 -name '*.so' -exec ldd {} + | awk '/not found/ {print $1}' | sort -u | tr '\n' ' '; }

found=$(missing)
[ -z "$found" ] && exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    echo "Blender needs $found: installing the Debian packages that have them."
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >/dev/null
    found=$(missing)
    [ -z "$found" ] && exit 0
fi
echo "Blender needs libraries that this machine lacks: $found" >&2
echo "Install them (Debian, Ubuntu: sudo apt-get install $*), then try again." >&2
exit 1
