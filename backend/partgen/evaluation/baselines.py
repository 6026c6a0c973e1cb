"""What takes no thought: the labelings that a method has to be better than."""

from __future__ import annotations

import warnings

import numpy as np
from numpy.typing import NDArray
from scipy.cluster.vq import kmeans2

from ..geometry.adjacency import shells, weld
from ..mesh import Mesh

Ints = NDArray[np.int32]

BASELINES = ("components", "k-means")


def component_labels(mesh: Mesh) -> Ints:
    """Every connected component (F,) a part; vertices that coincide are one."""
    return shells(weld(mesh.vertices, mesh.faces)[1]).astype(np.int32)


def k_means_labels(mesh: Mesh, count: int) -> Ints:
    """The faces (F,) in at most `count` clusters by where their centres lie, each counting one: from k-means++ with a fixed seed."""
    centers = mesh.vertices[mesh.faces].mean(axis=1, dtype=np.float64)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "One of the clusters is empty")
        labels = kmeans2(centers, min(count, len(centers)), iter=30, minit="++", seed=0)[1]
    return labels.astype(np.int32)
