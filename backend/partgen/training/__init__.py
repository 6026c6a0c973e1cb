"""Training of PartGen's own networks, on procedural shapes that are made on the fly: `partgen train NAME`.

    recipe.py    what can be trained: a network, its examples, its losses; one file for each recipe beside it
    skins.py     examples: the surface of a shape, corrupted, with the part of every point or region
    examples.py  the pool that they are drawn from, filled in this process or by workers
    loop.py      steps for so many minutes, on from where an earlier run stopped
    export.py    the weights as the product reads them

Nothing here is needed to use what was trained.
"""
