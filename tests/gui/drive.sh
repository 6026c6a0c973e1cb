# Sourced once Blender's window is up, with DISPLAY set, in the folder that start.py lies in. See run.sh.
timeout 2400 "${DRIVER_PYTHON:-python3}" gui/journey.py . out && timeout 300 "${DRIVER_PYTHON:-python3}" gui/random_session.py . out
