# An artist's first minutes with PartGen; sourced by run.sh's Blender. One screenshot for each step.
# drag X Y DX [SHOT]: relative steps, because Blender holds the pointer in place while a slider is dragged
drag() { xdotool mousemove $1 $2; sleep .4; xdotool mousedown 1; sleep .2; for i in $(seq 10); do xdotool mousemove_relative -- $(($3/10)) 0; sleep .08; done; [ -n "${4:-}" ] && shot "$4"; xdotool mouseup 1; sleep .8; }
over_view() { xdotool mousemove 500 900; sleep .3; }

shot 01_before
click 1163 204; shot 02_working
for i in $(seq 60); do grep -q "Lamp: .* parts" out/blender.log && break; sleep .5; done; sleep 1; over_view; shot 03_decomposed
drag 1150 296 -80 04_dragging_finer; over_view; shot 05_finer
drag 1150 296 60; over_view; shot 06_coarser
xdotool key ctrl+z; sleep 1; shot 07_undo_coarser
xdotool key ctrl+z; sleep 1; shot 08_undo_finer
xdotool key ctrl+shift+z; sleep 1; shot 09_redo_finer
click 1130 416; over_view; sleep 1; shot 10_applied
drag 1100 446 60 11_exploding; over_view; shot 12_exploded
drag 1150 296 40; over_view; shot 13_scale_after_apply
click 1130 416; over_view; sleep 1; shot 14_applied_again
xdotool key ctrl+z; sleep 1; shot 15_undo
click 1270 416; over_view; sleep 1; shot 16_objects_removed
