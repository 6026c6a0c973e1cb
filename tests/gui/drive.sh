# Sourced once Blender's window is up, with DISPLAY set, in the folder that start.py lies in. See run.sh.
python=${DRIVER_PYTHON:-python3}
if [ -n "${PARTGEN_GUI_STEPS:-}" ]; then
    timeout 2400 "$python" gui/journey.py . out "$PARTGEN_GUI_STEPS"
else
    timeout 2400 "$python" gui/journey.py . out && timeout 300 "$python" gui/random_session.py . out
fi
