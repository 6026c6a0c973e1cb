"""The families of shapes, a module for each kind of thing. What a module lists in `__all__` is a family."""
