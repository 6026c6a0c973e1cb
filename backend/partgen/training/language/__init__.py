"""Sentences that the reader of instructions learns from: edits in many words, and much that is no edit, made from a seed."""
