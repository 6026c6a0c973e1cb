"""Every attribute survives: all types, in all four domains, value by value."""

import bpy
import numpy as np
import pytest
import studio
from bl_ext.user_default.partgen_blender import cutting, stored_tree

# type -> (property, numpy type, width)
TYPES = {
    "FLOAT": ("value", np.float32, 1),
    "INT": ("value", np.int32, 1),
    "BOOLEAN": ("value", bool, 1),
    "INT8": ("value", np.int8, 1),
    "INT16_2D": ("value", np.int32, 2),
    "INT32_2D": ("value", np.int32, 2),
    "FLOAT2": ("vector", np.float32, 2),
    "FLOAT_VECTOR": ("vector", np.float32, 3),
    "FLOAT_COLOR": ("color", np.float32, 4),
    "BYTE_COLOR": ("color_srgb", np.float32, 4),
    "FLOAT4": ("vector", np.float32, 4),
    "QUATERNION": ("value", np.float32, 4),
    "FLOAT4X4": ("value", np.float32, 16),
}


KNOWN = [kind for kind in TYPES if kind in bpy.types.Attribute.bl_rna.properties["data_type"].enum_items]


def test_every_type_of_attribute_is_tested():
    assert {*TYPES, "STRING"} >= {item.identifier for item in bpy.types.Attribute.bl_rna.properties["data_type"].enum_items}


@pytest.mark.parametrize("domain", studio.DOMAINS)
@pytest.mark.parametrize("data_type", KNOWN)
def test_attribute_survives(data_type, domain):
    mesh = studio.ball().data
    name, dtype, width = TYPES[data_type]
    attribute = mesh.attributes.new("mine", data_type, domain)
    random = np.random.default_rng(3)
    count = len(attribute.data) * width
    wanted = random.random(count) if dtype is np.float32 else random.integers(0, 2 if dtype is bool else 100, count)
    attribute.data.foreach_set(name, wanted.astype(dtype))
    wanted = studio.values(mesh.attributes["mine"].data, name, dtype, width)
    assert np.ptp(wanted.astype(float)) > 0
    for part in cutting.cut_out(mesh, studio.slices(mesh)):
        found = part.attributes["mine"]
        assert (found.data_type, found.domain) == (data_type, domain)
        np.testing.assert_array_equal(studio.values(found.data, name, dtype, width), wanted[studio.origins(part, domain)])


@pytest.mark.parametrize("domain", studio.DOMAINS)
def test_text_attribute_survives(domain):
    mesh = studio.ball().data
    attribute = mesh.attributes.new("mine", "STRING", domain)
    for index, element in enumerate(attribute.data):
        element.value = f"Öse {index}".encode()
    for part in cutting.cut_out(mesh, studio.slices(mesh)):
        assert [element.value for element in part.attributes["mine"].data] == [f"Öse {i}".encode() for i in studio.origins(part, domain)]


def test_no_attribute_is_added_but_the_artists():
    mesh = studio.ball().data
    for part in cutting.cut_out(mesh, studio.slices(mesh)):
        added = {attribute.name for attribute in part.attributes} - {attribute.name for attribute in mesh.attributes}
        assert not {name for name in added if not name.startswith(".")}


def test_derived_part_numbers_do_not_go_with_the_parts():
    mesh = studio.ball().data
    stored_tree.write(mesh, studio.tree(4), studio.slices(mesh), "geometric")
    stored_tree.write_parts(mesh, [0, 1, 2, 3])
    for part in cutting.cut_out(mesh, studio.slices(mesh)):
        assert "partgen_part" not in part.attributes
        assert not stored_tree.is_stored(part)
