"""From clicks to a region: which faces of a decomposed object the artist means.

    object_ = refinable(tree, leaf_of_face, surface(vertices, corner_vertices, polygon_offsets), features)   # once for an object
    object_.predicted_node(face)                            # one click: the node of the tree that is most likely meant
    object_.node_at(face, scale)                            # one click at a scale that is known
    object_.answer([(face, True), (other, False), ...])     # clicks in their order, that say yes or no

numpy only: the add-on answers inside Blender. What takes long is done once, in `surface` and `refinable`; an answer costs as
much as there are leaves, and a little for the faces near the click.

The first click means a node of the tree. Every further click says that a region around it is still wrong, and that the rest is
right: it changes what is wrong around it, so a region only ever becomes what clicks ask for. It may change what is wrong in one of
the nodes that have its leaf, or only the faces within some distance, because the borders of true parts also run through leaves.
Which of these is judged by a small network: from where the click lies in what would change, because people click in the middle of
what they mean; from how the tree holds the node together; from the borders that would appear and vanish; and from what was
clicked before.
"""

from .answers import Region
from .clicks import Click
from .nodes import Nodes
from .objects import Refinable, refinable
from .surfaces import Surface, surface

__all__ = ["Click", "Nodes", "Refinable", "Region", "Surface", "refinable", "surface"]
