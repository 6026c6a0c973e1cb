"""The reader of instructions: ordinary words become typed edits, offline, on any CPU.

    prompt ── amounts (a grammar) ── network (learned) ── reading ── edits, or a refusal with suggestions

`understood` is the whole of it. The network and the table of word meanings are bundled; where the sentence embeddings
`minilm` are on this machine, they judge what the network is not sure of, and the answer says so.
"""

from __future__ import annotations

from .reader import Reader, Understanding, reader, understood

__all__ = ["Reader", "Understanding", "reader", "understood"]
