"""Views of a mesh as buffers: which face each pixel shows, how far it is, which way it looks. On the CPU, by rays."""
