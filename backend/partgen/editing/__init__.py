"""The editor role: one part of an object changed by an instruction, the rest left as it is.

An instruction becomes typed edits (`edits`), which are shown and can be adjusted; edits become geometry (`deforming` where
vertices only move). numpy alone, because the add-on applies edits inside Blender, at every move of a slider.
"""
