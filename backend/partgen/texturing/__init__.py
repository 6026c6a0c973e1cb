"""Pictures of views back onto a mesh: as a texture on its UVs (`baking`), or as its new shape (`lifting`)."""
