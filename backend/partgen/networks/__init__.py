"""The networks, a file for each: pure torch, read from top to bottom, their weights named as their authors named them."""
