"""A look as a Blender material: a principled shader, with spots, grain and bumps where the look has them."""

from __future__ import annotations

import bpy
from partgen.editing.looks import Look

_SOCKETS = {
    "metallic": ("Metallic",),
    "roughness": ("Roughness",),
    "transmission": ("Transmission Weight", "Transmission"),
    "ior": ("IOR",),
    "alpha": ("Alpha",),
    "coat": ("Coat Weight", "Clearcoat"),
    "sheen": ("Sheen Weight", "Sheen"),
    "anisotropy": ("Anisotropic",),
}
"""The shader's inputs for the values of a look, by their names now and before."""


def material(look: Look, size: float) -> bpy.types.Material:
    """The material of a look for a part of that size, in the object's units: the one that is there already, else a new one."""
    name = look.name.title() or "Material"
    signature = repr((look, round(size, 3)))
    for known in bpy.data.materials:
        if known.get("partgen_look") == signature and known.library is None:
            return known
    made = bpy.data.materials.new(name)
    made["partgen_look"] = signature
    if not made.node_tree:
        made.use_nodes = True
    made.diffuse_color = (*look.colour, 1.0 - 0.7 * look.transmission)
    made.metallic, made.roughness = look.metallic, look.roughness
    _build(made.node_tree, look, max(size, 1e-6))
    return made


def _build(tree: bpy.types.NodeTree, look: Look, size: float) -> None:
    shader = next(node for node in tree.nodes if node.type == "BSDF_PRINCIPLED")
    for field, sockets in _SOCKETS.items():
        socket = next((shader.inputs[name] for name in sockets if name in shader.inputs), None)
        if socket is not None:
            socket.default_value = getattr(look, field)
    shader.inputs["Base Color"].default_value = (*look.colour, 1.0)
    if look.glow:
        for name in ("Emission Color", "Emission"):
            if name in shader.inputs:
                shader.inputs[name].default_value = (*look.colour, 1.0)
        shader.inputs["Emission Strength"].default_value = look.glow
    if look.speckled or look.bump:
        noise = _noise(tree, look, size)
        if look.speckled:
            _speckle(tree, shader, noise, look)
        if look.bump:
            _bump(tree, shader, noise, look, size)


def _noise(tree: bpy.types.NodeTree, look: Look, size: float) -> bpy.types.Node:
    """Noise over the object, its spots as large as the look's share of the part, longer upwards where it has a grain."""
    coordinates, mapping, noise = (tree.nodes.new(f"ShaderNode{kind}") for kind in ("TexCoord", "Mapping", "TexNoise"))
    spots = 1.0 / (look.scale * size)
    mapping.inputs["Scale"].default_value = (spots, spots, spots / look.stretch)
    noise.inputs["Scale"].default_value = 1.0
    noise.inputs["Detail"].default_value = 6.0
    tree.links.new(coordinates.outputs["Object"], mapping.inputs["Vector"])
    tree.links.new(mapping.outputs["Vector"], noise.inputs["Vector"])
    for node, x in ((coordinates, -1300), (mapping, -1100), (noise, -900)):
        node.location = (x, 200)
    return noise


def _speckle(tree: bpy.types.NodeTree, shader: bpy.types.Node, noise: bpy.types.Node, look: Look) -> None:
    """The second colour where the noise is high, over so much of the surface as the look says."""
    ramp = tree.nodes.new("ShaderNodeValToRGB")
    ramp.location = (-600, 300)
    # Blender's noise lies about evenly within 0.5 +- 0.2.
    edge = 0.5 + 0.4 * (0.5 - look.speckled)
    first, second = ramp.color_ramp.elements
    first.position, first.color = max(edge - 0.06, 0.0), (*look.colour, 1.0)
    second.position, second.color = min(edge + 0.06, 1.0), (*look.speckle, 1.0)
    tree.links.new(next(iter(noise.outputs)), ramp.inputs[0])
    tree.links.new(ramp.outputs[0], shader.inputs["Base Color"])


def _bump(tree: bpy.types.NodeTree, shader: bpy.types.Node, noise: bpy.types.Node, look: Look, size: float) -> None:
    bump = tree.nodes.new("ShaderNodeBump")
    bump.location = (-600, -200)
    bump.inputs["Strength"].default_value = min(1.0, look.bump)
    bump.inputs["Distance"].default_value = 0.1 * look.scale * size
    tree.links.new(next(iter(noise.outputs)), bump.inputs["Height"])
    tree.links.new(bump.outputs[0], shader.inputs["Normal"])
