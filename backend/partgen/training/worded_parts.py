"""Examples of parts with words: complete solids in their boxes, what stands around them, and prompts that ask for them.

From the families of `shapes` and the designs of `generation`, seen as the editor sees the part that an artist replaces. The same
seed gives the same example.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from igl import fast_winding_number

from ..generation.boxes import Box, sampled, surroundings
from ..generation.catalogue import UP, Entry, Made, Whole, bundled, described, designed, members
from ..generation.designs import DESIGNS
from ..generation.hints import hints
from ..generation.phrasing import said
from ..generation.seating import seat_of
from ..generation.words import bundled_words
from ..shapes import make_shape
from .pairs import POINTS, queries
from .recipe import Arrays

PARTS = 4
"""Of one seed, at most."""
PROMPTS = 6
"""For each part."""
DESIGNED = 0.5
"""The share of seeds that make designs; the others make a shape with all its parts."""


def worded_parts(seed: int) -> Arrays | None:
    """Up to PARTS parts; None where none of them can be shown.

    `surface` (P, POINTS, 6) with normals, `query` (P, QUERIES, 3) and `inside` (P, QUERIES) uint8, in the cubes of the parts;
    `around` (P, AROUND, 6) what stands there besides; `sitting` (P, 13) and `proportions` (P, 3) as in Box; `hints` (P, PROMPTS, …).
    """
    rng = np.random.default_rng([seed, 17])
    chosen = list(_designed(seed, rng) if rng.random() < DESIGNED else _of_shape(seed, rng))
    parts = [part for entry, made in chosen if (part := _part(entry, made, rng)) is not None]
    return {name: np.stack([part[name] for part in parts]) for name in parts[0]} if parts else None


def _designed(seed: int, rng: np.random.Generator) -> Iterator[tuple[Entry, Made]]:
    for index in rng.choice(len(DESIGNS), PARTS, replace=False).tolist():
        yield designed(seed, list(DESIGNS)[index])


def _of_shape(seed: int, rng: np.random.Generator) -> Iterator[tuple[Entry, Made]]:
    shape = make_shape(seed)
    known, whole = set(bundled().names), Whole.of(shape)
    entries = [entry for entry in described(shape) if entry.name in known]
    for index in rng.permutation(len(entries))[:PARTS].tolist():
        yield entries[index], whole.made(members(shape, entries[index].of))


def _part(entry: Entry, made: Made, rng: np.random.Generator) -> Arrays | None:
    """One part; None where it has no inside."""
    points, faces = made.surface
    if not len(faces):
        return None
    rest = made.rest.reshape(-1, 3)
    rest_faces = np.arange(len(rest)).reshape(-1, 3)
    box = Box.of(seat_of(points, faces, rest, rest_faces, UP))
    surface = sampled(box.soup(points, faces), POINTS, int(rng.integers(2**31)))
    query = queries(surface[:, :3], rng)
    inside = fast_winding_number(box.inward(points), np.ascontiguousarray(faces, np.int64), query.astype(np.float64)) > 0.5
    words = bundled_words()
    prompts = [said(rng, entry, words.catalogue).prompt for _ in range(PROMPTS)]
    return {
        "surface": surface, "query": query, "inside": inside.astype(np.uint8),
        "around": surroundings(box.soup(rest, rest_faces), int(rng.integers(2**31))),
        "sitting": box.sitting.astype(np.float32), "proportions": box.proportions.astype(np.float32),
        "hints": np.stack([hints(prompt, words) for prompt in prompts]),
    }  # fmt: skip
