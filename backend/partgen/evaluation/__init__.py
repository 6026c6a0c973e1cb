"""Measures of segmentations against labelled meshes."""
