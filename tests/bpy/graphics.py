"""Graphics for Blender without a window."""

from __future__ import annotations

import bpy
import gpu


def begin_graphics() -> None:
    """Gives Blender without a window its graphics: by itself from 5.1 on, before that with the first render."""
    if hasattr(gpu, "init"):
        gpu.init()
        return
    render = bpy.context.scene.render
    render.engine = "BLENDER_WORKBENCH"
    render.resolution_x = render.resolution_y = 8
    bpy.ops.render.render()
    gpu.state.color_mask_set(True, True, True, True)  # what a render leaves behind depends on what it drew
    gpu.state.depth_test_set("NONE")
    gpu.state.face_culling_set("NONE")
    gpu.state.scissor_test_set(False)
