"""Model files: read as one mesh and the pieces it is made of, cut into parts, written as a .glb with named parts.

Reading keeps every triangle, in the order of the file: nothing is merged, dropped or repaired.
"""

from __future__ import annotations

import io
import json
import os
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import trimesh
from numpy.typing import NDArray
from trimesh.geometry import triangulate_quads
from trimesh.visual import ColorVisuals, TextureVisuals
from trimesh.visual.material import SimpleMaterial

from .errors import PartgenError
from .geometry.adjacency import weld
from .mesh import Mesh

Ints = NDArray[np.int64]

FORMATS = (".glb", ".gltf", ".obj", ".ply", ".stl", ".off", ".3mf", ".npz")
PARTS_VERSION = 1
Y_UP = (".glb", ".gltf", ".obj")
"""Formats whose models stand on y, most of the time; those of the others stand on z."""

# Further from the origin than this many times its size, a model is moved there for the work: float32 would blur it.
FAR = 100.0


@dataclass(frozen=True, eq=False)
class Piece:
    """One geometry of a file, where its node puts it: `geometry`, and the mesh's face (n,) of each of its triangles."""

    geometry: trimesh.Trimesh
    faces: Ints


@dataclass(frozen=True, eq=False)
class Model:
    """A file's whole surface as one `mesh`, triangles in the file's order, and the `pieces` that carry its looks.

    `origin` (3,) float64 is what was subtracted from the vertices of both: zero but for models far from the origin.
    """

    path: Path
    mesh: Mesh
    pieces: tuple[Piece, ...]
    origin: NDArray[np.float64]

    @property
    def up(self) -> NDArray[np.float64]:
        """The direction (3,) in which models of its format stand."""
        return np.eye(3)[up_axis(self.path)]


def up_axis(path: Path) -> int:
    """The axis that points up in files of a format: 1 for y, 2 for z."""
    return 1 if path.suffix.lower() in Y_UP else 2


# ---- reading -------------------------------------------------------------------------------------------------------


def read_model(path: Path) -> Model:
    """Reads a model file of one of `FORMATS`. Raises PartgenError for every file that gives no usable surface."""
    check_readable(path)
    try:
        scene = _scene(path)
    except PartgenError:
        raise
    except MemoryError as error:
        raise PartgenError("file.too_large", f"{path.name} does not fit into this machine's memory.", "Reduce it first.") from error
    except FileNotFoundError as error:
        missing = Path(str(error.filename or error)).name
        raise PartgenError("file.incomplete", f"{path.name} names the file {missing}, which is missing.", "Put it beside it.") from error
    except Exception as error:  # a loader may raise anything over a damaged file
        raise _damaged(path) from error
    geometries = _surfaces(scene, path)
    try:
        polygons = _polygons(geometries, path)
    except (IndexError, KeyError, ValueError) as error:
        raise _damaged(path) from error
    return _model(path, geometries, polygons)


def _scene(path: Path) -> trimesh.Scene:
    """What trimesh makes of a file, or a reader of ours where it has none. Raises whatever a loader does."""
    kind = path.suffix.lower()
    if kind in READERS:
        return trimesh.Scene(READERS[kind](path))
    if kind == ".obj":
        text = io.StringIO(_text(path.read_bytes()))
        return trimesh.load_scene(text, file_type="obj", resolver=_Beside(str(path)), process=False)
    return trimesh.load_scene(path, process=False)


class _Beside(trimesh.resolvers.FilePathResolver):
    """The files beside a model, of which those that tell its materials are in UTF-8."""

    def get(self, name: str) -> bytes:
        content: bytes = super().get(name)
        return _text(content).encode() if name.lower().endswith(".mtl") else content


def _text(content: bytes) -> str:
    """A text in UTF-8, or else in the letters of western Europe: for others trimesh asks a package that need not be there."""
    try:
        return content.decode()
    except UnicodeDecodeError:
        return content.decode("latin-1")


def _damaged(path: Path) -> PartgenError:
    kind = path.suffix[1:].upper()
    sentence = f"{path.name} could not be read as {kind}: it is damaged, cut short, or of a kind that is not known."
    return PartgenError("file.damaged", sentence, "Export it again, without compression.")


def check_readable(path: Path) -> None:
    """Raises PartgenError where `path` is no file that could be read, for a reason that its content has no part in."""
    if not path.exists():
        raise PartgenError("file.missing", f"There is no file {path}.", "Check the path.")
    if not path.is_file():
        raise PartgenError("file.missing", f"{path} is not a file.", "Name the model file itself.")
    if path.suffix.lower() not in FORMATS:
        known = ", ".join(suffix[1:] for suffix in FORMATS)
        raise PartgenError("file.format", f"{path.name} is of no format that PartGen reads.", f"Convert it to one of {known}.")
    if not os.access(path, os.R_OK):
        raise PartgenError("file.unreadable", f"{path.name} may not be read.", "Check its permissions.")
    if path.stat().st_size == 0:
        raise PartgenError("file.empty", f"{path.name} is empty.", "Export it again.")


def _read_npz(path: Path) -> trimesh.Trimesh:
    with np.load(path, allow_pickle=False) as arrays:
        if "vertices" not in arrays or "faces" not in arrays:
            raise PartgenError("file.format", f"{path.name} has no arrays named vertices and faces.", "Save them under these names.")
        vertices, faces = arrays["vertices"], arrays["faces"]
    if vertices.ndim != 2 or vertices.shape[1] != 3 or faces.ndim != 2 or faces.shape[1] != 3 or faces.dtype.kind not in "iu":
        raise PartgenError(
            "file.format", f"{path.name} has arrays of another form.", "vertices must be (V, 3) numbers and faces (F, 3) integers."
        )
    return trimesh.Trimesh(vertices.astype(np.float64), faces, process=False)


def _read_off(path: Path) -> trimesh.Trimesh:
    """OFF with polygons of any size, which trimesh 5 does not read. Raises ValueError or IndexError where it is damaged."""
    points, polygons = _off_lines(path)
    faces = triangulate_quads([[int(vertex) for vertex in words[1 : int(words[0]) + 1]] for words in polygons])
    return trimesh.Trimesh(np.array([words[:3] for words in points], np.float64).reshape(-1, 3), faces.reshape(-1, 3), process=False)


def _off_lines(path: Path) -> tuple[list[list[str]], list[list[str]]]:
    """The words of an OFF file's vertex lines and of its polygon lines."""
    lines = [words for line in path.read_text("utf-8", "replace").splitlines() if (words := line.partition("#")[0].split())]
    if not lines[0][0].endswith("OFF"):
        raise ValueError("no OFF file")
    counts, lines = (lines[0][1:], lines[1:]) if len(lines[0]) > 1 else (lines[1], lines[2:])
    vertices, polygons = int(counts[0]), int(counts[1])
    if len(lines) < vertices + polygons:
        raise ValueError(f"{len(lines)} lines for {vertices} vertices and {polygons} polygons")
    return lines[:vertices], lines[vertices : vertices + polygons]


TEXTS = (".obj", ".stl")
"""Formats that are text, or are taken for it: what has no faces and holds what no text does is no such file."""
READERS: dict[str, Callable[[Path], trimesh.Trimesh]] = {".npz": _read_npz, ".off": _read_off}


def _surfaces(scene: trimesh.Scene, path: Path) -> list[trimesh.Trimesh]:
    """The scene's meshes in its order, each where its node puts it. Raises PartgenError where there is none."""
    placed: list[tuple[trimesh.Trimesh, NDArray]] = []
    taken = set()
    for node in scene.graph.nodes_geometry:
        transform, name = scene.graph[node]
        geometry = scene.geometry[name]
        if not isinstance(geometry, trimesh.Trimesh) or not len(geometry.faces):
            continue
        if geometry.faces.min() < 0 or geometry.faces.max() >= len(geometry.vertices):
            raise PartgenError("mesh.bad_index", f"{path.name} has faces that name vertices it does not have.", "Export it again.")
        # Not Scene.dump, which copies every texture and loses the file's own normals.
        placed.append((geometry.copy(include_cache=True) if name in taken else geometry, transform))
        taken.add(name)
    if not placed and path.suffix.lower() in TEXTS and b"\0" in path.read_bytes():
        raise _damaged(path)
    if not placed:
        raise PartgenError("mesh.no_faces", f"{path.name} has no faces.", "Choose a file with a surface.")
    for geometry, transform in placed:
        geometry.apply_transform(transform)
        _keep_material_name(geometry)
    return [geometry for geometry, _ in placed]


def _keep_material_name(geometry: trimesh.Trimesh) -> None:
    """Makes the material of an OBJ file a glTF one by its own name: trimesh's exporter would leave the name out."""
    visual = geometry.visual
    if isinstance(visual, TextureVisuals) and isinstance(visual.material, SimpleMaterial):
        name = visual.material.name
        visual.material = visual.material.to_pbr()
        visual.material.name = name


def _polygons(geometries: list[trimesh.Trimesh], path: Path) -> Ints:
    """The polygon in the file (F,) of each triangle as loaded; each triangle is its own where the format has no others."""
    count = sum(len(g.faces) for g in geometries)
    reader = POLYGON_READERS.get(path.suffix.lower())
    if reader is None:
        return np.arange(count)
    polygons = reader(path, geometries)
    if len(polygons) != count:
        raise ValueError(f"{len(polygons)} triangles in the file's text, {count} loaded")
    return polygons


def _model(path: Path, geometries: Sequence[trimesh.Trimesh], polygons: Ints) -> Model:
    """Puts the triangles in the order of their polygons in the file; the loaders of polygon formats reorder them."""
    order = np.argsort(polygons, kind="stable")
    face_of_loaded = np.empty(len(order), np.int64)
    face_of_loaded[order] = np.arange(len(order))
    origin = _far_origin(geometries)
    ends = np.cumsum([len(g.faces) for g in geometries])
    pieces = [Piece(g, faces) for g, faces in zip(geometries, np.split(face_of_loaded, ends[:-1]), strict=True)]
    faces, vertices, first = np.empty((len(order), 3), np.int32), [], 0
    for piece in pieces:
        if origin.any():
            piece.geometry.apply_translation(-origin)
        faces[piece.faces] = piece.geometry.faces + first
        first += len(piece.geometry.vertices)
        with np.errstate(over="ignore"):  # beyond float32: Mesh.check will say so
            vertices.append(piece.geometry.vertices.astype(np.float32))
    polygon_of_face = np.unique(polygons[order], return_inverse=True)[1].reshape(-1).astype(np.int32)
    mesh = Mesh(np.concatenate(vertices), faces, polygon_of_face, path.name)
    mesh.check()
    return Model(path, mesh, tuple(pieces), origin)


def _far_origin(geometries: Iterable[trimesh.Trimesh]) -> NDArray[np.float64]:
    """The middle (3,) of a model that is further than `FAR` times its size from the origin, else zero."""
    low, high = _bounds(geometries)
    with np.errstate(invalid="ignore", over="ignore"):
        middle, size = low / 2 + high / 2, (high - low).max()
        return middle if np.isfinite(middle).all() and np.abs(middle).max() > FAR * size else np.zeros(3)


def _bounds(geometries: Iterable[trimesh.Trimesh]) -> tuple[NDArray, NDArray]:
    used = [g.vertices.view(np.ndarray)[np.unique(g.faces)] for g in geometries]
    return np.min([v.min(axis=0) for v in used], axis=0), np.max([v.max(axis=0) for v in used], axis=0)


# ---- the polygons that a loader made triangles of ------------------------------------------------------------------


def _triangulated(sizes: Ints) -> Ints:
    """The polygon of every triangle that trimesh makes of polygons with `sizes` corners, in its order."""
    if len(sizes) and (sizes == sizes[0]).all():
        return triangulate_quads(np.repeat(np.arange(len(sizes)), sizes[0]).reshape(-1, sizes[0]))[:, 0]
    return triangulate_quads([[polygon] * size for polygon, size in enumerate(sizes.tolist())]).reshape(-1, 3)[:, 0]


def _obj_polygons(path: Path, geometries: list[trimesh.Trimesh]) -> Ints:
    """The polygon (F,) of every triangle of an OBJ file as loaded: one geometry for each material, the last one first."""
    text = path.read_bytes().replace(b"\r\n", b"\n").replace(b"\\\n", b"")
    if len(geometries) == 1 and not re.search(rb"(?m)^f(?:[ \t]+[^\s#]+){4}", text):
        return np.arange(len(geometries[0].faces))
    lines: dict[bytes, list[tuple[int, int, int]]] = {}
    material, polygon = b"", 0
    for line in text.split(b"\n"):
        if line.startswith(b"f"):
            lines.setdefault(material, []).append((polygon, len(line.split()) - 1, len(line.replace(b"/", b" ").split())))
            polygon += 1
        elif line.startswith(b"usemtl "):
            material = line[7:].strip()
    read = []
    for group in reversed(lines.values()):
        polygons, sizes, values = np.array(group).T
        if (values == values[0]).all():
            read.append(polygons[_triangulated(sizes)])
        else:  # trimesh reads lines of unlike length one by one
            read.append(np.repeat(polygons, np.maximum(sizes - 2, 0)))
    return np.concatenate(read) if read else np.zeros(0, np.int64)


def _off_polygons(path: Path, geometries: list[trimesh.Trimesh]) -> Ints:
    return _triangulated(np.array([int(words[0]) for words in _off_lines(path)[1]], np.int64))


def _ply_polygons(path: Path, geometries: list[trimesh.Trimesh]) -> Ints:
    data = geometries[0].metadata.pop("_ply_raw")["face"]["data"]
    names = data.keys() if isinstance(data, dict) else data.dtype.names
    name = next((n for n in ("vertex_index", "vertex_indices") if n in names), next(iter(names)))
    corners = data[name] if isinstance(data, dict) else data[name]["f1"]
    if corners.ndim == 2:
        return _triangulated(np.full(len(corners), corners.shape[1]))
    return _triangulated(np.array([len(polygon) for polygon in corners], np.int64))


PolygonReader = Callable[[Path, list[trimesh.Trimesh]], Ints]
POLYGON_READERS: dict[str, PolygonReader] = {".obj": _obj_polygons, ".off": _off_polygons, ".ply": _ply_polygons}


# ---- cutting and writing -------------------------------------------------------------------------------------------


def write_parts(model: Model, labels: NDArray, folder: Path, about: dict[str, Any]) -> Path:
    """Writes FOLDER/<stem>.glb with one named node a part, and FOLDER/parts.json. Returns the path of the .glb.

    `labels` (F,) are dense from 0; `about` goes into parts.json as it is. Raises PartgenError where nothing can be written.
    """
    count = int(labels.max()) + 1
    names = [f"{model.path.stem} Part {label + 1:0{max(len(str(count)), 2)}d}" for label in range(count)]
    target = folder / f"{model.path.stem}.glb"
    listed = [
        {"label": label, "name": names[label], **_measures(model, faces), "file": target.name, "parent": None}
        for label, faces in _faces_by_label(labels)
    ]
    table = {"version": PARTS_VERSION, "source": model.path.name, **about, "parts": listed}
    content = _glb(model, labels, names)
    write_file(target, content)
    write_file(folder / "parts.json", json.dumps(table, indent=2, ensure_ascii=False).encode())
    return target


def write_file(path: Path, content: bytes | memoryview) -> None:
    """Writes the whole file or none of it, making its folder. Raises PartgenError where that is not possible."""
    unfinished = path.with_name(path.name + ".unfinished")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished.write_bytes(content)
        unfinished.replace(path)
    except OSError as error:
        raise PartgenError("file.unwritable", f"{path} could not be written: {error.strerror}.", "Choose another folder.") from error


def cut(geometry: trimesh.Trimesh, faces: Ints) -> trimesh.Trimesh:
    """The triangles `faces` (n,) of a geometry as one of their own: with its material, UVs, colours and normals.

    Colours per face become colours per vertex of unshared vertices, which is what glTF can hold.
    """
    corners = geometry.faces.view(np.ndarray)[faces]
    visual = geometry.visual
    by_face = visual is not None and visual.kind == "face"
    used, inverse = (corners.reshape(-1), np.arange(corners.size)) if by_face else np.unique(corners, return_inverse=True)
    points = geometry.vertices.view(np.ndarray)[used]
    return clothed(geometry, points, inverse.reshape(-1, 3), lambda values: values[used], np.repeat(faces, 3) if by_face else None)


def clothed(
    geometry: trimesh.Trimesh, points: NDArray, triangles: NDArray, of_vertices: Callable[[NDArray], NDArray], of_faces: Ints | None = None
) -> trimesh.Trimesh:
    """Triangles (n, 3) over points (V, 3) that look as a geometry does: with its material, UVs, colours and normals.

    `of_vertices` gives for values of the geometry's vertices those of the points, `of_faces` (V,) says on which of the geometry's faces
    each of them lies, where that has colours per face.
    """
    visual = geometry.visual
    normals = of_vertices(geometry.vertex_normals) if "vertex_normals" in geometry._cache.cache else None
    part = trimesh.Trimesh(points, triangles, vertex_normals=normals, process=False)
    for name, values in geometry.vertex_attributes.items():
        if np.shape(values)[:1] == (len(geometry.vertices),):
            part.vertex_attributes[name] = of_vertices(np.asarray(values))
    if isinstance(visual, TextureVisuals):
        part.visual = TextureVisuals(uv=None if visual.uv is None else of_vertices(visual.uv), material=visual.material)
        if "color" in visual.vertex_attributes:
            part.visual.vertex_attributes["color"] = of_vertices(visual.vertex_attributes["color"])
    elif visual is not None and visual.kind == "face":
        part.visual = ColorVisuals(part, vertex_colors=visual.face_colors[of_faces])
    elif visual is not None and visual.kind == "vertex":
        part.visual = ColorVisuals(part, vertex_colors=of_vertices(visual.vertex_colors))
    return part


def _faces_by_label(labels: NDArray) -> list[tuple[int, Ints]]:
    """Each label that occurs, rising, with the faces (n,) that have it."""
    order = np.argsort(labels, kind="stable")
    present, starts = np.unique(labels[order], return_index=True)
    return list(zip(present.tolist(), np.split(order, starts[1:]), strict=True))


def _measures(model: Model, faces: Ints) -> dict[str, Any]:
    """What parts.json says of the part made of `faces` (n,); its volume is null unless the part is closed."""
    surface = trimesh.Trimesh(*weld(model.mesh.vertices, model.mesh.faces[faces]), process=False)
    closed = surface.is_watertight and surface.is_winding_consistent
    return {
        "faces": len(faces),
        "area": float(surface.area),
        "volume": abs(float(surface.volume)) if closed else None,
        "bounds": (surface.bounds + model.origin).tolist(),
    }


def _glb(model: Model, labels: NDArray, names: Sequence[str]) -> bytes:
    named = (
        (names[label], cut(piece.geometry, faces)) for piece in model.pieces for label, faces in _faces_by_label(labels[piece.faces])
    )
    return glb(named, model.origin)


def glb(named: Iterable[tuple[str, trimesh.Trimesh]], origin: NDArray[np.float64]) -> bytes:
    """A .glb of geometries around `origin` (3,): those of one name are one node and one mesh, with a primitive for each."""
    scene = trimesh.Scene()
    place = trimesh.transformations.translation_matrix(origin)
    for number, (name, geometry) in enumerate(named):
        key = f"{name}|{number}"
        scene.add_geometry(geometry, node_name=key, geom_name=key, transform=place)
    return scene.export(file_type="glb", tree_postprocessor=_join_primitives if scene.geometry else None)


def _join_primitives(tree: dict[str, Any]) -> None:
    """Makes one mesh and one node of those named "<part>|<number>": in glTF a mesh has a primitive for each material."""
    joined: dict[str, tuple[dict, dict]] = {}
    for node in tree["nodes"]:
        mesh = tree["meshes"][node["mesh"]]
        name = mesh["name"].rpartition("|")[0]
        if name in joined:
            joined[name][1]["primitives"] += mesh["primitives"]
        else:
            joined[name] = {**node, "name": name, "mesh": len(joined)}, {**mesh, "name": name}
    tree["nodes"], tree["meshes"] = (list(column) for column in zip(*joined.values(), strict=True))
    tree["scenes"] = [{"nodes": list(range(len(joined)))}]
