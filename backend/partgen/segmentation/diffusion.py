"""Diffusion over the region graph: how easily something spreads from one region to another.

A concave boundary that does not close lets it pass, a closed loop or a narrow neck holds it back: that is what a mean
over a boundary cannot tell.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_matrix, diags
from scipy.sparse.linalg import eigsh

from .regions import RegionGraph

Floats = NDArray[np.float64]

DIMENSIONS = 8
# Conductance falls by e for every 1/FALL of resistance; resistances are weighed as the boundary terms of merges are.
FALL = 1.5
CONCAVE, CREASES, HIDDEN, THICKNESS = 1.0, 0.5, 1.0, 0.5
CONTACT_RESISTANCE = 3.0
# The solver looks for the eigenvalues nearest to this; below zero, where the Laplacian has none, it can be inverted.
SHIFT = -1e-3


def diffusion_map(regions: RegionGraph) -> Floats:
    """Places regions so that distances tell how hard it is to diffuse between them: (N, K) float64, K at most DIMENSIONS.

    The slowest eigenvectors of the area-weighted graph Laplacian, each scaled by the first eigenvalue over its own.
    Coifman and Lafon 2006; conductances as in concavity-aware fields (Au et al. 2012).
    """
    count = regions.count
    if count == 1:
        return np.zeros((1, 0))
    first, second = regions.pairs.T
    length = np.maximum(regions.lengths, 1e-9)
    shares_edge = regions.lengths > 0
    boundary = (CONCAVE * regions.concave + CREASES * regions.creases) / length
    resistance = (
        np.where(shares_edge, boundary, CONTACT_RESISTANCE)
        + HIDDEN * (1 - regions.visibility[first, second])
        + THICKNESS * np.abs(regions.thickness[first] - regions.thickness[second])
    )
    apart = np.linalg.norm(regions.centers[first] - regions.centers[second], axis=1) + 1e-3
    contact = 0.05 * np.sqrt(np.minimum(regions.areas[first], regions.areas[second]))
    conductance = np.where(shares_edge, regions.lengths, contact) / apart * np.exp(-FALL * resistance) + 1e-9
    coupling = coo_matrix((np.tile(conductance, 2), (np.r_[first, second], np.r_[second, first])), shape=(count, count))
    mass = np.sqrt(regions.areas + 1e-6)
    scaling = diags(1 / mass)
    laplacian = scaling @ (diags(np.asarray(coupling.sum(axis=1)).reshape(-1)) - coupling) @ scaling
    # The sparse solver takes milliseconds; the dense one seconds where other work keeps the cores busy. It begins with a
    # vector of its own unless given one, and the same mesh must give the same tree.
    start = np.random.default_rng(0).normal(size=count)
    values, vectors = eigsh(laplacian.tocsc(), min(DIMENSIONS + 1, count - 1), sigma=SHIFT, v0=start)
    order = np.argsort(values)
    values, vectors = np.maximum(values[order], 1e-9), vectors[:, order]
    return (vectors / mass[:, None])[:, 1:] * (values[1:2] / values[1:])
