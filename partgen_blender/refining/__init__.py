"""Refining: parts as the artist wants them, by clicks, by edits of the tree, and along better borders."""
