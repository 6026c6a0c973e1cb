"""What stands before a surface hides it from clicks and lines, whatever it is made of, and nothing else does."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import bpy
import numpy as np
import pytest
import studio
from bl_ext.user_default.partgen_blender import session_ids, surroundings
from bl_ext.user_default.partgen_blender.surroundings import Surroundings
from mathutils import Matrix, Vector

DOWN = Vector((0.0, 0.0, -1.0))


def viewport() -> bpy.types.SpaceView3D:
    return next(area.spaces.active for screen in bpy.data.screens for area in screen.areas if area.type == "VIEW_3D")


def is_covered(
    x: float = 0.2, y: float = 0.1, space: bpy.types.SpaceView3D | None = None, distance: float = 9.0, is_front: bool = False
) -> bool:
    """Whether anything but the balls lies between a place 10 above the floor and what is `distance` below it: by one ray and by many."""
    layer = bpy.context.view_layer
    layer.update()
    depsgraph = bpy.context.evaluated_depsgraph_get()
    balls = {o.session_uid for o in layer.objects if o.name.startswith("Ball")}
    around = Surroundings.of(layer, balls, depsgraph)
    one = around.cover(Vector((x, y, 10.0)), DOWN, distance, depsgraph, layer, space, is_front)
    origins = np.array([(x, y, 10.0), (80.0, 0.0, 10.0), (x, y, -50.0)])
    many = around.covered(origins, np.tile(DOWN, (3, 1)), np.full(3, distance), depsgraph, layer, space, np.full(3, is_front))
    assert many.tolist() == [one, False, False]
    return one


def plane() -> bpy.types.Object:
    mesh = bpy.data.meshes.new("Plane")
    mesh.from_pydata([(-5, -5, 0), (5, -5, 0), (5, 5, 0), (-5, 5, 0)], [], [(0, 1, 2, 3)])
    return bpy.data.objects.new("Plane", mesh)


def instancer(*objects: bpy.types.Object) -> bpy.types.Object:
    """An empty that shows a collection with these objects, which the scene itself has not."""
    collection = bpy.data.collections.new("Shown")
    for object_ in objects:
        collection.objects.link(object_)
    made = studio.put("Instancer", None)
    made.instance_type, made.instance_collection = "COLLECTION", collection
    return made


def carrier_with_nodes(shown: bpy.types.Object) -> bpy.types.Object:
    """A mesh of one vertex whose geometry nodes show an object there, which the scene itself has not."""
    mesh = bpy.data.meshes.new("Carrier")
    mesh.from_pydata([(0, 0, 0)], [], [])
    made = studio.put("Carrier", mesh)
    group = bpy.data.node_groups.new("Carrying", "GeometryNodeTree")
    for way in ("INPUT", "OUTPUT"):
        group.interface.new_socket("Geometry", in_out=way, socket_type="NodeSocketGeometry")
    kinds = ("NodeGroupInput", "GeometryNodeObjectInfo", "GeometryNodeInstanceOnPoints", "NodeGroupOutput")
    points, info, instances, out = (group.nodes.new(kind) for kind in kinds)
    info.inputs["Object"].default_value, info.inputs["As Instance"].default_value = shown, True
    group.links.new(points.outputs["Geometry"], instances.inputs["Points"])
    group.links.new(info.outputs["Geometry"], instances.inputs["Instance"])
    group.links.new(instances.outputs["Instances"], out.inputs["Geometry"])
    made.modifiers.new("Nodes", "NODES").node_group = group
    return made


def cover(kind: str) -> bpy.types.Object:
    """Something wide that has faces, at the origin."""
    if kind == "mesh":
        bpy.ops.mesh.primitive_plane_add(size=10)
    elif kind == "filled curve":
        bpy.ops.curve.primitive_bezier_circle_add(radius=4)
        bpy.context.object.data.dimensions, bpy.context.object.data.fill_mode = "2D", "BOTH"
    elif kind == "thick curve":
        bpy.ops.curve.primitive_nurbs_path_add()
        bpy.context.object.data.bevel_depth = 2.0
    elif kind == "text":
        bpy.ops.object.text_add()
        bpy.context.object.data.body, bpy.context.object.data.size = "\u2588\u2588", 30.0
        bpy.context.object.data.align_x, bpy.context.object.data.align_y = "CENTER", "CENTER"
        bpy.context.view_layer.update()
    elif kind == "metaball":
        bpy.ops.object.metaball_add(radius=3)
    elif kind == "surface":
        bpy.ops.surface.primitive_nurbs_surface_sphere_add(radius=3)
    elif kind == "collection instance":
        return instancer(plane())
    elif kind == "instance of an instance":
        return instancer(instancer(plane()))
    elif kind == "instances on vertices":
        parent, child = studio.ball("Carrier"), studio.put("Plane", plane().data)
        child.parent, parent.instance_type, parent.display_type = parent, "VERTS", "WIRE"
        return parent
    elif kind == "instances of nodes":
        return carrier_with_nodes(plane())
    return bpy.context.object


KINDS = (
    "mesh", "filled curve", "thick curve", "metaball", "surface", "collection instance", "instance of an instance", "instances on vertices",
    "instances of nodes",
)  # fmt: skip


@contextmanager
def followed_one_change() -> Iterator[list[bool]]:
    """Whether the surroundings that were found before could be kept, for each update after what is changed inside."""
    parted = Surroundings.parted(bpy.context.view_layer, set(), bpy.context.evaluated_depsgraph_get())
    kept: list[bool] = []

    def notice(scene: bpy.types.Scene, depsgraph: bpy.types.Depsgraph) -> None:
        kept.append(surroundings.follow(parted, depsgraph))

    bpy.app.handlers.depsgraph_update_post.append(notice)
    try:
        yield kept
        bpy.context.view_layer.update()
    finally:
        bpy.app.handlers.depsgraph_update_post.remove(notice)


@pytest.mark.parametrize("kind", KINDS)
def test_whatever_shows_faces_hides_what_is_behind_it(kind: str) -> None:
    studio.ball()
    assert not is_covered()
    object_ = cover(kind)
    object_.location.z += 4.0
    assert is_covered()
    assert not is_covered(distance=1.0), "what lies behind hides nothing"
    object_.location.x = 60.0
    assert not is_covered()
    assert is_covered(60.2)
    object_.location.x = 0.0
    if kind != "instances on vertices":  # of these the object that is carried stays
        object_.hide_set(True)
        assert not is_covered()


def test_what_nodes_show_is_found_anew_when_they_change() -> None:
    carrier = carrier_with_nodes(plane())
    nodes = carrier.modifiers["Nodes"]
    nodes.show_viewport = False
    bpy.context.view_layer.update()
    with followed_one_change() as kept:
        nodes.show_viewport = True
    assert kept == [False]


def test_text_hides_where_its_letters_are() -> None:
    bpy.ops.object.text_add(location=(0.0, 0.0, 4.0))
    text = bpy.context.object
    text.data.body, text.data.size, text.data.offset = "I", 10.0, 0.3
    bpy.context.view_layer.update()
    low, high = Vector(text.bound_box[0]), Vector(text.bound_box[6])
    middle = (low + high) / 2
    assert is_covered(middle.x, middle.y)
    text.data.body = ""
    assert not is_covered(middle.x, middle.y), "without letters there is nothing"


def test_what_is_displayed_as_a_wire_or_is_a_mere_line_hides_nothing() -> None:
    bpy.ops.mesh.primitive_plane_add(size=10, location=(0, 0, 4))
    bpy.context.object.display_type = "WIRE"
    bpy.ops.curve.primitive_bezier_circle_add(radius=4, location=(0, 0, 4))
    bpy.ops.object.camera_add(location=(0.2, 0.1, 4))
    studio.put("Empty", None).location = (0.2, 0.1, 4.0)
    assert not is_covered()


def test_an_instance_stands_as_its_instancer_is_turned_and_the_offset_of_the_collection_says() -> None:
    object_ = instancer(plane())
    object_.instance_collection.instance_offset = (0.0, 0.0, -4.0)
    object_.matrix_world = Matrix.Translation((20.0, 0.0, 0.0)) @ Matrix.Diagonal((2.0, 1.0, 1.0, 1.0))
    assert is_covered(29.0)
    assert not is_covered(20.0, 6.0)


@pytest.mark.parametrize(
    ("shading", "sees_through"),
    [
        ({"type": "SOLID", "show_xray": False}, False),
        ({"type": "SOLID", "show_xray": True, "xray_alpha": 0.5}, True),
        ({"type": "SOLID", "show_xray": True, "xray_alpha": 1.0}, False),
        ({"type": "MATERIAL", "show_xray": True}, False),
        ({"type": "RENDERED", "show_xray": True}, False),
        ({"type": "WIREFRAME", "show_xray_wireframe": True, "xray_alpha_wireframe": 0.0}, True),
        ({"type": "WIREFRAME", "show_xray_wireframe": False, "show_xray": True}, False),
    ],
)
def test_one_looks_through_surfaces_where_blender_does(shading: dict, sees_through: bool) -> None:
    space = viewport()
    for name, value in shading.items():
        setattr(space.shading, name, value)
    cover("mesh").location.z = 4.0
    assert surroundings.is_seen_through(space) == sees_through
    assert is_covered(space=space) != sees_through
    assert not surroundings.is_seen_through(None), "a camera renders no X-ray"


@pytest.mark.parametrize("kind", ["mesh", "text", "collection instance"])
@pytest.mark.parametrize(("shading", "heeds"), [("SOLID", True), ("WIREFRAME", True), ("MATERIAL", False), ("RENDERED", False)])
def test_what_is_displayed_in_front_hides_what_stands_before_it(kind: str, shading: str, heeds: bool) -> None:
    space = viewport()
    space.shading.type, space.shading.show_xray_wireframe = shading, False
    object_ = cover(kind)
    object_.location.z = -4.0  # far behind what is pointed at
    if kind == "text":
        object_.data.fill_mode = "BOTH"
    shown = object_.instance_collection.objects[0] if object_.instance_collection else object_
    assert not is_covered(space=space)
    shown.show_in_front = True
    assert is_covered(space=space) == heeds
    assert not is_covered(space=space, is_front=heeds), "of two that are in front, the nearer one is seen"
    assert not is_covered(), "a camera renders nothing in front"
    object_.location.z = 4.0
    assert is_covered(space=space, is_front=heeds)
    shown.show_in_front = False
    assert is_covered(space=space)
    assert is_covered(space=space, is_front=heeds) != heeds, "what is in front is seen through what stands before it"


def test_to_display_an_object_in_front_is_noticed() -> None:
    object_ = studio.ball()
    with followed_one_change() as kept:
        object_.show_in_front = True
    assert kept == [False]


def test_objects_of_one_name_are_told_apart(tmp_path: Path) -> None:
    library = str(tmp_path / "library.blend")
    studio.put("Ball", plane().data)
    bpy.ops.wm.save_as_mainfile(filepath=library)
    bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=True)
    local = studio.ball("Ball")
    with bpy.data.libraries.load(library, link=True) as (_, wanted):
        wanted.objects = ["Ball"]
    linked = wanted.objects[0]
    bpy.context.scene.collection.objects.link(linked)
    bpy.context.view_layer.update()
    assert (local.name, local.library) != (linked.name, linked.library)
    for object_ in (local, linked):
        for last in ("", "Ball", "Nobody", 0, 99):
            assert session_ids.find(bpy.context.view_layer.objects, object_.session_uid, last) == object_
    assert session_ids.find(bpy.data.objects, 1_000_000) is None
    assert set(session_ids.those(bpy.data.objects, {local.session_uid, linked.session_uid})) == {local, linked}
