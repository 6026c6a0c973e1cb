"""The environment that the backend runs in: what the machine has, what would be installed, and the program that installs it.

Standard library only: all of it runs in Blender's own Python, before anything is installed.
"""
