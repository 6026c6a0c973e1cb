# Sourced once Blender's window is up, with DISPLAY set, in the folder that start.py lies in. See run.sh.
timeout 2700 "${DRIVER_PYTHON:-python3}" gui/journey.py . out "${PARTGEN_GUI_STEPS:-}"
