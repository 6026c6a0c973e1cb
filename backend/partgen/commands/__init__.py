"""The commands of `partgen` that are more than a few lines, a module each: `add_parser` (or `add_up`) and what it runs.

What they need beyond numpy is imported where it is used, so that `partgen --help` answers at once.
"""
