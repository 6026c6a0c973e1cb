#!/bin/bash
# An artist's first hour in a real Blender window, driven with mouse and keys: run.sh OUT [sid|trixie|PATH_OF_BLENDER]...
#
# For each Blender: screenshots of every step and the states of the scene in OUT/<blender>, and one line of verdict.
#   sid, trixie        the Blender of that Debian (5.2, 4.3), in a chroot that PARTGEN_GUI makes: root on Debian, and that script
#   PATH_OF_BLENDER    your own, on a screen that cannot be seen: needs xvfb, xdotool and imagemagick
# Without a name: BLENDER where that is set, else sid and trixie. Exits with 0 where it cannot run, and says so in capitals;
# with PARTGEN_GUI_REQUIRED=1 that is a failure. PARTGEN_GUI_STEPS=Editing,Parts takes the set-up and those steps alone whose names
# contain one of these words.
#
# Needs .venv with what the tests need (make dev), the extension zip, and the installation folder that `make test-gui` makes for this
# computer: PARTGEN_EXTENSION and PARTGEN_BUNDLE, by default dist/partgen_blender.zip and build/gui-bundle.
set -euo pipefail
cd "$(dirname "$0")/../.."
root=$PWD
gui=${PARTGEN_GUI:-../shared/tools/blender-gui.sh}
extension=$(readlink -f "${PARTGEN_EXTENSION:-dist/partgen_blender.zip}")
bundle=$(readlink -m "${PARTGEN_BUNDLE:-build/gui-bundle}")
out=${1:?a folder for the screenshots}
shift
blenders=("$@")
[ ${#blenders[@]} -gt 0 ] || { [[ "${BLENDER:-}" == */* ]] && blenders=("$BLENDER") || blenders=(sid trixie); }

cannot() {
    echo "!! SKIPPED: $1: PartGen was NOT tried in a real window !!"
    exit "${PARTGEN_GUI_REQUIRED:-0}"
}

# The Python for the environment that is set up: its folder has to be visible to Blender at the same path.
python=$(.venv/bin/python -c 'import sys; print(sys.base_prefix)')
[[ "$python" != /usr ]] || cannot "the Python of .venv is that of the system, and cannot be shown to a Blender of another one"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/empty folder"

# For start.py, and for who paints: the installation folder has no PyTorch, but an artist may name a backend of their own.
printf '{"python": "%s/bin", "own_backend": ["%s/.venv/bin/python", "-m", "partgen", "serve"]}\n' "$python" "$root" >"$work/settings.json"
TRANSFORMERS_VERBOSITY=error PYTHONPATH=tests/unit .venv/bin/python tests/gui/own_checkpoint.py "$work/own checkpoint"
[ -f "$bundle/bundle.json" ] || { echo "There is no installation folder at $bundle: make test-gui makes it" >&2; exit 1; }
cp -r "$bundle" "$work/installation folder"
extras=("$work/settings.json" "$work/empty folder" "$work/installation folder" "$work/own checkpoint" tests/gui)

in_a_chroot() { # SUITE OUT
    [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null || cannot "the Blender of Debian $1 needs root on Debian"
    [ -f "$gui" ] || cannot "there is no $gui (PARTGEN_GUI)"
    local options=() extra
    for extra in "${extras[@]}"; do options+=(-e "$extra"); done
    # Chroots see each other's screens under the same numbers, so one at a time.
    timeout 900 bash -c "while grep -q '@/tmp/.X11-unix/X9[0-9]' /proc/net/unix; do sleep 1; done" || cannot "the screen :90 is taken"
    flock -w 1200 "${TMPDIR:-/tmp}/partgen-gui.lock" bash "$gui" -s "$1" -o "$2" -z "$extension" -b "$python" -b "$root/.venv" -b "$root/backend" "${options[@]}" tests/gui/start.py tests/gui/drive.sh >"$2/run.log" 2>&1 || true
}

in_a_blender_of_your_own() { # PATH OUT
    local needed
    for needed in Xvfb xdotool import convert; do
        command -v "$needed" >/dev/null || cannot "$needed is missing (xvfb, xdotool, imagemagick)"
    done
    [ -x "$1" ] || cannot "there is no Blender at $1"
    local stage="$work/stage"
    rm -rf "$stage"
    mkdir -p "$stage"
    cp -r "${extras[@]}" tests/gui/start.py tests/gui/drive.sh "$stage"
    ln -s "$2" "$stage/out"
    (
        cd "$stage"
        export DRIVER_PYTHON="$root/.venv/bin/python" BLENDER_USER_RESOURCES="$stage/user" LIBGL_ALWAYS_SOFTWARE=1 PYTHONUNBUFFERED=1
        mkdir user
        "$1" --command extension install-file -r user_default --enable "$extension" >out/install.log 2>&1 || exit 1
        exec 6>display.txt
        Xvfb -displayfd 6 -screen 0 1600x1000x24 -nolisten tcp >out/xvfb.log 2>&1 &
        screen=$!
        trap 'kill $screen 2>/dev/null' EXIT
        until [ -s display.txt ]; do sleep 0.2; kill -0 $screen || exit 1; done
        DISPLAY=:$(cat display.txt)
        export DISPLAY
        "$1" --window-geometry 0 0 1600 1000 --python start.py >out/blender.log 2>&1 &
        blender=$!
        trap 'kill $blender $screen 2>/dev/null' EXIT
        until grep -q "SETUP DONE" out/blender.log; do sleep 0.5; kill -0 $blender || exit 1; done
        . ./drive.sh
    ) >"$2/run.log" 2>&1 || true
}

[ -f "$extension" ] || { echo "There is no extension: make build" >&2; exit 1; }
failed=0
for blender in "${blenders[@]}"; do
    name=$(basename "$blender")
    folder=$(readlink -m "$out/$name")
    rm -rf "$folder"
    mkdir -p "$folder"
    echo "== PartGen in the window of Blender ($name)"
    case $blender in
        */*) in_a_blender_of_your_own "$blender" "$folder" ;;
        *) in_a_chroot "$blender" "$folder" ;;
    esac
    grep -hE '^  (ok|NO) ' "$folder/run.log" || true
    verdict=$(cat "$folder/verdict.txt" 2>/dev/null || { echo "Blender did not start:"; tail -n 5 "$folder/run.log"; })
    [ "$verdict" = ok ] || { failed=1; printf 'FAILED in Blender (%s): %s\n' "$name" "$verdict"; }
    echo "   screenshots: $folder"
done
exit $failed
