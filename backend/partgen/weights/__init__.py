"""Weights of networks: what there is, fetching it, checking it, and reading it.

`registry` (standard library alone: the add-on lists models with it) says what exists and in which state it is here,
`downloads` fetches, `unpickling` opens foreign checkpoints without running anything that they hold, `conversion` turns
them into safetensors once, `loading` hands tensors to a network, and `command` is ``partgen models``.
"""
