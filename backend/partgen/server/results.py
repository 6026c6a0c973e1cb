"""Results that are remembered: the same mesh and method again is answered at once."""

from __future__ import annotations

import hashlib
from collections import OrderedDict

from ..protocol import Request, SegmentRequest, SegmentResult


def digest_of(request: Request) -> str:
    """Hexadecimal digest of everything that a result depends on; the name too, since notes speak of it.

    "" for a request that is answered in pieces: these are not remembered.
    """
    if not isinstance(request, SegmentRequest):
        return ""
    digest = hashlib.blake2b(f"{request.method}\0{request.name}\0{request.proposals}\0{request.seed}".encode(), digest_size=16)
    for array in (request.vertices, request.corner_vertices, request.polygon_offsets, request.linear):
        digest.update(f"{array.dtype.str}{array.shape}".encode())
        digest.update(array.data if array.size else b"")
    return digest.hexdigest()


class ResultStore:
    """Results by digest, at most `maximum_bytes` of arrays; those not asked for the longest go first."""

    def __init__(self, maximum_bytes: int = 256 << 20) -> None:
        self._maximum_bytes = maximum_bytes
        self._results: OrderedDict[str, SegmentResult] = OrderedDict()
        self._bytes = 0

    def get(self, digest: str) -> SegmentResult | None:
        """The result, which counts as asked for now, or None; nothing is kept under ""."""
        if digest in self._results:
            self._results.move_to_end(digest)
        return self._results.get(digest)

    def put(self, digest: str, result: SegmentResult) -> None:
        """Remembers `result`, and forgets others where it takes their room."""
        if digest in self._results:
            self._bytes -= _bytes_of(self._results.pop(digest))
        self._results[digest] = result
        self._bytes += _bytes_of(result)
        while self._bytes > self._maximum_bytes:
            self._bytes -= _bytes_of(self._results.popitem(last=False)[1])


def _bytes_of(result: SegmentResult) -> int:
    own = result.leaf_of_polygon.nbytes + result.merges.nbytes + result.heights.nbytes + result.leaf_features.nbytes
    return own + sum(given.merges.nbytes + given.heights.nbytes + given.confidences.nbytes for given in result.proposals)
