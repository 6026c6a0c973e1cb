"""Shapes by diffusion in the latents of an autoencoder: what completed parts (`completion`) and new ones (`generation`) are drawn with.

`flow_matching` is the schedule, `sampling` goes from noise to latents to a surface, `extraction` finds the surface in a field.
"""
