"""A procedural shape: named, closed, overlapping parts in a hierarchy, and the one skin that they have together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from manifold3d import Manifold, OpType
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from .blending import blend_shares, blended_skin, nearest_chain, without_dust
from .wording import with_articles


@dataclass(frozen=True)
class Material:
    """An idea of a material: `name` as in a caption ("brushed steel"), `colour` linear RGB in [0, 1]."""

    name: str
    colour: tuple[float, float, float]
    metallic: float = 0.0
    roughness: float = 0.6


@dataclass(frozen=True, eq=False)
class Part:
    """One part, complete with what other parts hide of it.

    `name` is unique in the shape ("leg 2"), `kind` is what a person calls it ("leg"); `solid` is closed; `group` is what it
    belongs to, from coarse to fine (("base", "legs")); `attributes` describe it ("tapered", "round"). Where its skin flows into
    that of the others of the same `blend`, `chain` (K, 4) holds its balls, x, y, z, radius, and `solid` is without what flows.
    """

    name: str
    kind: str
    solid: Manifold
    group: tuple[str, ...]
    attributes: tuple[str, ...]
    material: Material
    blend: int = -1
    chain: NDArray[np.float32] | None = None

    @property
    def caption(self) -> str:
        """What it is in a few words: "an upright oak leg"."""
        return with_articles(f"a {' '.join(self.attributes)} {self.material.name} {self.kind}")

    @property
    def balls(self) -> NDArray[np.float32]:
        """The chain (K, 4) of a part that blends. Raises ValueError for one that does not."""
        if self.chain is None:
            raise ValueError(f"{self.name} does not blend")
        return self.chain


@dataclass(frozen=True, eq=False)
class Skin:
    """A labelled surface: `vertices` (V, 3) float32, `faces` (F, 3) int32, `part_of_face` (F,) int32, an index into the parts."""

    vertices: NDArray[np.float32]
    faces: NDArray[np.int32]
    part_of_face: NDArray[np.int32]

    def normals(self) -> NDArray[np.float64]:
        """The outward normal of every face (F, 3), as long as the face is large."""
        first, second, third = self.vertices[self.faces].astype(np.float64).transpose(1, 0, 2)
        return np.cross(second - first, third - first) / 2

    def areas(self) -> NDArray[np.float64]:
        """The area of every face (F,)."""
        return np.linalg.norm(self.normals(), axis=1)

    def kept(self, is_kept: NDArray[np.bool_]) -> Skin:
        """The skin of some of its faces (F,) bool, without vertices that no face uses."""
        used, faces = np.unique(self.faces[is_kept], return_inverse=True)
        return Skin(self.vertices[used], faces.reshape(-1, 3).astype(np.int32), self.part_of_face[is_kept])


@dataclass(frozen=True, eq=False)
class Shape:
    """One object of a family, the same for the same `seed`. z points up, the front looks along -y."""

    family: str
    seed: int
    caption: str
    parts: tuple[Part, ...]
    smoothness: tuple[float, ...] = field(default=())
    """How far the skins of each blend flow into one another, in the unit of the shape."""

    def levels(self) -> NDArray[np.int32]:
        """The part hierarchy (L, P), from coarse to fine, labels 0-based and dense; the last row tells every part apart."""
        depth = max(len(part.group) for part in self.parts)
        paths = [(*part.group, *[""] * (depth - len(part.group)), str(number)) for number, part in enumerate(self.parts)]
        rows: list[NDArray[np.int32]] = []
        for level in range(1, depth + 2):
            keys = [path[:level] if len(part.group) >= level else path for part, path in zip(self.parts, paths, strict=True)]
            numbers = {key: number for number, key in enumerate(dict.fromkeys(keys))}
            row = np.array([numbers[key] for key in keys], np.int32)
            if row.max() > (rows[-1].max() if rows else 0) or (not rows and level > depth):
                rows.append(row)
        return np.stack(rows)

    def skin(self) -> Skin:
        """The surface of all parts together, as if made of one piece: closed, with nothing inside; made once."""
        return self._skin

    def shells(self) -> Skin:
        """The parts as loose closed shells, one beside and inside the other, as objects are often modelled."""
        return joined([part.solid for part in self.parts])

    def solids(self) -> list[Manifold]:
        """The complete solid of every part, with what flows between it and its neighbours where their skins blend."""
        solids = [part.solid for part in self.parts]
        for number, share in self._shares.items():
            solids[number] = without_dust(solids[number] + share)
        return solids

    def exclusive(self) -> list[Manifold]:
        """Solids that do not overlap and together fill what the skin encloses, cavities aside.

        Where parts overlap the smaller keeps the room, as a peg does in a hole. One that others fill wholly is empty.
        """
        shares = self._shares
        solids = [shares.get(number, part.solid) for number, part in enumerate(self.parts)]
        taken = Manifold()
        for number in np.argsort([solid.volume() for solid in solids], kind="stable"):
            rest = solids[number] - taken
            taken, solids[number] = taken + solids[number], rest
        return solids

    @cached_property
    def _blends(self) -> dict[int, tuple[list[int], Manifold]]:
        """The members of every blend, as indices into the parts, and the body they make together."""
        members: dict[int, list[int]] = {}
        for number, part in enumerate(self.parts):
            if part.chain is not None:
                members.setdefault(part.blend, []).append(number)
        return {
            blend: (numbers, blended_skin([self.parts[number].balls for number in numbers], self.smoothness[blend]))
            for blend, numbers in members.items()
        }

    @cached_property
    def _shares(self) -> dict[int, Manifold]:
        """What belongs of the blended bodies to each part that blends."""
        shares: dict[int, Manifold] = {}
        for members, body in self._blends.values():
            parts = [self.parts[member] for member in members]
            shares |= zip(members, blend_shares(body, [part.balls for part in parts], [part.solid for part in parts]), strict=True)
        return shares

    @cached_property
    def _skin(self) -> Skin:
        origins: dict[int, list[int]] = {}
        bodies: list[Manifold] = []
        for number, part in enumerate(self.parts):
            if part.chain is None:
                bodies.append(part.solid.as_original())
                origins[bodies[-1].original_id()] = [number]
        for members, body in self._blends.values():
            bodies.append(body.as_original())
            origins[bodies[-1].original_id()] = members
        mesh = Manifold.batch_boolean(bodies, OpType.Add).to_mesh()
        vertices, faces = mesh.vert_properties[:, :3].astype(np.float32), mesh.tri_verts.astype(np.int32)
        part_of_face = np.empty(len(faces), np.int32)
        runs = np.array(mesh.run_index) // 3
        for origin, start, end in zip(mesh.run_original_id, runs, runs[1:], strict=False):
            members = origins[origin]
            part_of_face[start:end] = members[0]
            if len(members) > 1:
                centres = vertices[faces[start:end]].mean(1)
                part_of_face[start:end] = np.array(members)[nearest_chain(centres, [self.parts[member].balls for member in members])]
        return without_cavities(Skin(vertices, faces, part_of_face))


def joined(solids: Sequence[Manifold]) -> Skin:
    """Solids in one mesh without fusing them, each face labelled with its solid's index."""
    vertices, faces, labels, offset = [], [], [], 0
    for number, solid in enumerate(solids):
        mesh = solid.to_mesh()
        vertices.append(mesh.vert_properties[:, :3])
        faces.append(mesh.tri_verts.astype(np.int32) + offset)
        labels.append(np.full(len(mesh.tri_verts), number, np.int32))
        offset += len(mesh.vert_properties)
    return Skin(np.concatenate(vertices).astype(np.float32), np.concatenate(faces), np.concatenate(labels))


def pieces(skin: Skin) -> tuple[int, NDArray[np.int32]]:
    """How many pieces hang together by their vertices, and the piece of every face (F,)."""
    first, second, third = skin.faces.T
    links = np.concatenate([[first, second], [second, third]], axis=1)
    graph = coo_array((np.ones(links.shape[1], np.int8), tuple(links)), shape=(len(skin.vertices),) * 2)
    _, of_vertex = connected_components(graph, directed=False)
    used, of_face = np.unique(of_vertex[first], return_inverse=True)
    return len(used), of_face.astype(np.int32)


def without_cavities(skin: Skin) -> Skin:
    """The skin without the walls of closed hollows and whatever is in them: neither scans nor eyes get there."""
    count, piece = pieces(skin)
    if count == 1:
        return skin
    corners = skin.vertices[skin.faces].astype(np.float64)
    volume = np.bincount(piece, np.einsum("ij,ij->i", corners[:, 0], np.cross(corners[:, 1], corners[:, 2])), count)
    low, high = np.full((count, 3), np.inf), np.full((count, 3), -np.inf)
    np.minimum.at(low, piece, corners.min(1))
    np.maximum.at(high, piece, corners.max(1))
    hollow = np.flatnonzero(volume < 0)
    is_inside = [bool(np.any(np.all((low[hollow] <= low[one]) & (high[one] <= high[hollow]), axis=1))) for one in range(count)]
    return skin.kept(~np.array(is_inside)[piece])
