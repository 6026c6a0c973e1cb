"""The generator role: a new, closed part made from words, and fitted where an old one was.

This is no diffusion model: it is a learned search. A small network reads the words (`asking`), a catalogue of procedural parts
says which seeds make what (`catalogue`), the generators make the part anew from its seed, and it is put where the old part was by
how each is attached (`placing`). No text of the catalogue holds geometry.
"""
