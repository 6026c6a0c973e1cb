"""What may be chosen about the environment before it is made: part of the preferences, so that it is chosen once."""

from __future__ import annotations

import bpy

from . import making

TIERS = (
    ("geometry", "Geometry", "Methods that need no training: small, and works on every computer", 0),
    ("ai", "AI", "Everything, with PyTorch for your GPU: some gigabytes. Neural networks and their models", 1),
)


def _choice_changed(properties: bpy.types.PropertyGroup, context: bpy.types.Context) -> None:
    making.look_again()


class PARTGEN_PG_setup(bpy.types.PropertyGroup):
    """The choices of the set-up."""

    tier: bpy.props.EnumProperty(
        name="Install",
        description="How much is installed. It can be changed later",
        items=TIERS,
        default="geometry",
        update=_choice_changed,
    )
    torch_build: bpy.props.StringProperty(
        name="PyTorch Build",
        description=(
            "The build of PyTorch for another GPU than the one that was found, for instance cpu, cu126 or rocm7.2. "
            "Empty: the one that suits this computer"
        ),
        update=_choice_changed,
    )
    index_url: bpy.props.StringProperty(
        name="Package Index",
        description="Where packages come from instead of pypi.org, for instance a mirror of your studio",
        update=_choice_changed,
    )
    torch_index_url: bpy.props.StringProperty(
        name="PyTorch Index", description="A mirror of download.pytorch.org/whl, with a folder for every build", update=_choice_changed
    )
    python_mirror_url: bpy.props.StringProperty(
        name="Python Mirror", description="A mirror of the archives of Python that the installer downloads", update=_choice_changed
    )
    find_links: bpy.props.StringProperty(
        name="Find Links", description="More places that hold packages: folders or addresses, separated by spaces", update=_choice_changed
    )
    proxy: bpy.props.StringProperty(
        name="Proxy",
        description="For instance http://proxy.studio:3128. Empty: as the system's environment variables say",
        update=_choice_changed,
    )
    system_certificates: bpy.props.BoolProperty(
        name="System Certificates",
        description="Trust what the operating system trusts: needed where a company inspects encrypted traffic",
        default=True,
    )
    python: bpy.props.StringProperty(
        name="Python",
        description="The Python to build the environment on, 3.11 to 3.13. Empty: one that is downloaded, or found, or Blender's",
        subtype="FILE_PATH",
        update=_choice_changed,
    )
    offline_folder: bpy.props.StringProperty(
        name="Install from Folder",
        description="A folder that holds everything that is needed, so that no network is used. Empty: download",
        subtype="DIR_PATH",
        update=_choice_changed,
    )


CLASSES = (PARTGEN_PG_setup,)


def add_to(preferences: type[bpy.types.AddonPreferences]) -> None:
    """Gives the preferences the choices, as `setup`. Before the class is registered: Blender allows none to be added later."""
    preferences.__annotations__["setup"] = bpy.props.PointerProperty(type=PARTGEN_PG_setup)
