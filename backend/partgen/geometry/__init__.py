"""Geometry on arrays: one noun per module."""
