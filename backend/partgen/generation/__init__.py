"""The generator role: a new, closed part made from words, and fitted where an old one was.

`wishing` chooses between two ways. The usual one is no diffusion model but a learned search: a small network reads the words
(`asking`), a catalogue of procedural parts says which seeds make what (`catalogue`), the generators make the part anew from its seed,
and it is put where the old part was by how each is attached (`placing`). No text of the catalogue holds geometry. The other one draws
(`drawing`): a small diffusion network, told of the words (`hints`) and of the place (`boxes`), makes a shape from noise. Experimental.
"""
