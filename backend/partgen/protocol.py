"""The whole conversation between the add-on, the backend and its worker.

A backend greets with `MAGIC`, so that whatever a login shell printed before is skipped, then with `Hello`. From there
on both sides send frames: u32 length of the header (little-endian), the header (JSON, UTF-8), then the arrays that the
header lists, raw and little-endian. The framing never changes; what the messages mean is counted by `PROTOCOL`.

    to the backend      Submit · Cancel · Configure · FreeMemory
    from the backend    Hello, then for each request any number of Progress and Delivery and at last one Done or Failed;
                        at any time Hello again, Memory, Notice and Heartbeat
"""

from __future__ import annotations

import dataclasses
import json
import math
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import IO, Any, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .errors import Action, PartgenError

PROTOCOL = 10
MAGIC = b"\x00partgen\x00frames\x00"

MAXIMUM_BANNER = 1 << 20
MAXIMUM_HEADER = 1 << 20
MAXIMUM_ARRAYS = 1 << 34
ARRAY_TYPES = ("|b1", "|u1", "<i4", "<i8", "<f4", "<f8")


# ---- what is asked -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class SegmentRequest:
    """Asks for the part tree of one mesh, given as polygons.

    `name` is the object's, for sentences; `method` a method id; `vertices` (V, 3) float32 in local space;
    `corner_vertices` (C,) int32, the vertex of every corner; `polygon_offsets` (P+1,) int32, where each polygon's corners
    begin, the last one C; `linear` (3, 3) float64, the object's scale and shear, which may mirror. Arrays of another type
    are converted, others are taken as they are, without a copy. Raises ValueError where a shape does not fit.

    With `proposals` of 1 or more the answer has so many different trees, as far as there are; `seed` decides what chance decides.
    """

    name: str
    method: str
    vertices: NDArray[np.float32]
    corner_vertices: NDArray[np.int32]
    polygon_offsets: NDArray[np.int32]
    linear: NDArray[np.float64] = field(default_factory=lambda: np.eye(3))
    proposals: int = 0
    seed: int = 0

    def __post_init__(self) -> None:
        _settle(self, "vertices", np.float32, (-1, 3))
        _settle(self, "corner_vertices", np.int32, (-1,))
        _settle(self, "polygon_offsets", np.int32, (-1,))
        _settle(self, "linear", np.float64, (3, 3))


@dataclass(frozen=True, eq=False)
class ProposedTree:
    """One of several trees over the same L leaves: `merges`, `heights` and `default_scale` as in a SegmentResult.

    `confidences` (P,) float32: of each of the P parts at the default scale, numbered as the tree's cut does, the probability that a
    person would call it a part; `recipe` says how the tree came about.
    """

    merges: NDArray[np.int32]
    heights: NDArray[np.float32]
    default_scale: float
    confidences: NDArray[np.float32]
    recipe: str = ""

    def __post_init__(self) -> None:
        _settle(self, "merges", np.int32, (-1, 2))
        _settle(self, "heights", np.float32, (-1,))
        _settle(self, "confidences", np.float32, (-1,))


@dataclass(frozen=True, eq=False)
class SegmentResult:
    """The part tree of one mesh: `leaf_of_polygon` (P,) int32, and the fields of a `PartTree` over the L leaves.

    `merges` (L-1, 2) int32, `heights` (L-1,) float32, `default_scale`; `method` and `weights` say who made it, never
    "auto"; `notes` are sentences for the artist; `seconds` is how long the work took. `leaf_features` (L, D) float32, rows
    of length one, say how alike leaves are; (0, 0) where the method knows none. `proposals` are what was asked for, best first: the
    first is the tree of the result itself.
    """

    leaf_of_polygon: NDArray[np.int32]
    merges: NDArray[np.int32]
    heights: NDArray[np.float32]
    default_scale: float
    method: str
    weights: str = ""
    notes: tuple[str, ...] = ()
    seconds: float = 0.0
    leaf_features: NDArray[np.float32] = field(default_factory=lambda: np.empty((0, 0), np.float32))
    proposals: tuple[ProposedTree, ...] = ()

    def __post_init__(self) -> None:
        _settle(self, "leaf_of_polygon", np.int32, (-1,))
        _settle(self, "merges", np.int32, (-1, 2))
        _settle(self, "heights", np.float32, (-1,))
        rows, _ = shape = np.shape(self.leaf_features)
        if rows not in (0, len(self.merges) + 1):
            raise ValueError(f"{rows} features for {len(self.merges) + 1} leaves")
        _settle(self, "leaf_features", np.float32, shape)


@dataclass(frozen=True, eq=False)
class CompleteRequest:
    """Asks for closed solids of parts of one mesh. Each comes as a Delivery of its own as soon as it is there.

    The mesh is given as in a SegmentRequest. `part_of_polygon` (P,) int32: the part of every polygon, negative where it is none;
    `wanted` (n,) int32: the parts to complete, the others are what they must make room for. `method` is the id of a completion method,
    `reach` in [0, 1] how far parts go on into their neighbours (0: not at all), `flat_cuts` whether they end where their border lies in
    a plane; `remesh` asks for even surfaces in place of the given ones. Methods that can give more than one answer give `proposals` of
    them for each part, with the seeds `seed`, `seed` + 1, ...; the others give one. `model` is the id of the weights, "" for the
    method's choice; those that generate in steps take so many `steps`, 0 for their own choice.
    """

    name: str
    method: str
    vertices: NDArray[np.float32]
    corner_vertices: NDArray[np.int32]
    polygon_offsets: NDArray[np.int32]
    part_of_polygon: NDArray[np.int32]
    wanted: NDArray[np.int32]
    linear: NDArray[np.float64] = field(default_factory=lambda: np.eye(3))
    reach: float = 1.0
    remesh: bool = False
    seed: int = 0
    proposals: int = 1
    model: str = ""
    steps: int = 0
    flat_cuts: bool = True

    def __post_init__(self) -> None:
        _settle(self, "vertices", np.float32, (-1, 3))
        _settle(self, "corner_vertices", np.int32, (-1,))
        _settle(self, "polygon_offsets", np.int32, (-1,))
        _settle(self, "part_of_polygon", np.int32, (max(len(self.polygon_offsets) - 1, 0),))
        _settle(self, "wanted", np.int32, (-1,))
        _settle(self, "linear", np.float64, (3, 3))


@dataclass(frozen=True, eq=False)
class CompleteResult:
    """What makes one part a closed solid: faces to add to those that it has, which stay as they are.

    `added_vertices` (A, 3) float32, in the space of the request's vertices; `kept_vertices` (K,) int32: vertices of the
    request on which generated faces lie too. `generated_faces` (G, 3) int32 index the kept vertices and then the added ones,
    and are wound like the part's own. With `replaces` they are the whole part, in place of its own faces, and K is 0.

    `made_by` is a method id or a way of `completion.OTHER_WAYS`; `problem` and `remedy` say why a part stays open: then
    there are no faces. `notes` are sentences for the artist; `method`, `weights` and `seed` say who made it, never "auto".
    """

    part: int
    kept_vertices: NDArray[np.int32]
    added_vertices: NDArray[np.float32]
    generated_faces: NDArray[np.int32]
    method: str
    made_by: str
    weights: str = ""
    replaces: bool = False
    problem: str = ""
    remedy: str = ""
    notes: tuple[str, ...] = ()
    seed: int = 0

    def __post_init__(self) -> None:
        _settle(self, "kept_vertices", np.int32, (-1,))
        _settle(self, "added_vertices", np.float32, (-1, 3))
        _settle(self, "generated_faces", np.int32, (-1, 3))


@dataclass(frozen=True)
class CompleteForecast:
    """How true the parts of one `seed` are expected to be, told after the last of them: `expected_overlap` in [0, 1] is the mean over
    the parts of the expected intersection over union with the true ones. Comes where the method knows it, and ranks its proposals."""

    seed: int
    expected_overlap: float


@dataclass(frozen=True)
class UnderstandRequest:
    """Asks what an instruction means for a part: `prompt` in ordinary words, `name` the object's."""

    name: str
    prompt: str
    model: str = "auto"


@dataclass(frozen=True)
class UnderstandResult:
    """What an instruction means: `edits` as JSON, a list of objects with `op`, its parameters, and `said`, the names of those that
    the words gave; or `refused`, a sentence, with `suggestions` of what could be said. `model` understood it, so sure as `confidence`."""

    edits: str = "[]"
    refused: str = ""
    suggestions: tuple[str, ...] = ()
    confidence: float = 0.0
    model: str = ""


@dataclass(frozen=True, eq=False)
class Skin:
    """How faces look: `colour`, red, green, blue and alpha in 0..1 as pictures hold them; where `picture` (H, W, 4) uint8, rows from
    above, is not (0, 0, 4), that, laid on by the request's `corner_uvs`."""

    colour: tuple[float, float, float, float] = (1.0, 1.0, 1.0, 1.0)
    picture: NDArray[np.uint8] = field(default_factory=lambda: np.empty((0, 0, 4), np.uint8))

    def __post_init__(self) -> None:
        height, width, _ = np.shape(self.picture)
        _settle(self, "picture", np.uint8, (height, width, 4))


@dataclass(frozen=True, eq=False)
class PaintRequest:
    """Asks for a part painted as `prompt` says, in its surroundings: each variation comes as a Delivery of its own.

    `vertices` (V, 3) float32, z upwards; `faces` (F, 3) int32 are triangles of which the first n are the part's:
    `polygon_of_face` (n,) int32 is the polygon of each of these, and `part_uvs` (n, 3, 2) float32 the UV map to paint on, (0, 3, 2)
    where there is none. `skin_of_face` (F,) int32 is the place of each face's look in `skins`, and `corner_uvs` (F, 3, 2) float32,
    v upwards, lays pictures on.

    There are `variations`, of the seeds `seed`, `seed` + 1, ...; `strength` above 0 and at most 1 is how much may change. 0 `steps`
    are as many as suit the device, and `size` 0 as many texels along a side as are seen. `model` and `controlnet` are folders or ids,
    "auto" the best that is there, and for the latter "none" none.
    """

    name: str
    prompt: str
    vertices: NDArray[np.float32]
    faces: NDArray[np.int32]
    polygon_of_face: NDArray[np.int32]
    part_uvs: NDArray[np.float32]
    corner_uvs: NDArray[np.float32]
    skin_of_face: NDArray[np.int32]
    skins: tuple[Skin, ...]
    seed: int = 0
    variations: int = 1
    strength: float = 1.0
    steps: int = 0
    size: int = 0
    model: str = "auto"
    controlnet: str = "auto"

    def __post_init__(self) -> None:
        _settle(self, "vertices", np.float32, (-1, 3))
        _settle(self, "faces", np.int32, (-1, 3))
        _settle(self, "polygon_of_face", np.int32, (-1,))
        _settle(self, "part_uvs", np.float32, (-1, 3, 2))
        _settle(self, "corner_uvs", np.float32, (len(self.faces), 3, 2))
        _settle(self, "skin_of_face", np.int32, (len(self.faces),))
        if len(self.part_uvs) not in (0, len(self.polygon_of_face)):
            raise ValueError(f"{len(self.part_uvs)} triangles have UVs, but the part has {len(self.polygon_of_face)}")


@dataclass(frozen=True, eq=False)
class PaintResult:
    """One variation: `picture` (n, n, 3) uint8 as pictures hold colours, rows from above, for the UV map of the request, or for that of
    `part_uvs` (n, 3, 2) float32 where this is not (0, 3, 2).

    `method` and `weights` say who painted it; `seen` is the share of the part that a view saw, `notes` are sentences for the artist.
    """

    seed: int
    picture: NDArray[np.uint8]
    part_uvs: NDArray[np.float32] = field(default_factory=lambda: np.empty((0, 3, 2), np.float32))
    method: str = "texture"
    weights: str = ""
    seen: float = 1.0
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        _settle(self, "picture", np.uint8, (*np.shape(self.picture)[:2], 3))
        _settle(self, "part_uvs", np.float32, (-1, 3, 2))


@dataclass(frozen=True, eq=False)
class ReshapeRequest(PaintRequest):
    """Asks for a part made anew from what is painted: a PaintRequest whose part need not keep its shape. `part_uvs` are not asked for,
    and `controlnet` "auto" is none, since it would hold the old shape.

    `depth_model` is the folder or id of the network that tells how far away what is painted is, "auto" the one that is there.
    """

    depth_model: str = "auto"


@dataclass(frozen=True, eq=False)
class ReshapeResult(PaintResult):
    """One variation of a part made anew: `vertices` (V, 3) float32, in the space of the request, and triangles `faces` (F, 3) int32,
    closed; the `picture` is laid on by `part_uvs` (F, 3, 2)."""

    method: str = "reshape"
    vertices: NDArray[np.float32] = field(default_factory=lambda: np.empty((0, 3), np.float32))
    faces: NDArray[np.int32] = field(default_factory=lambda: np.empty((0, 3), np.int32))

    def __post_init__(self) -> None:
        super().__post_init__()
        _settle(self, "vertices", np.float32, (-1, 3))
        _settle(self, "faces", np.int32, (-1, 3))
        if len(self.part_uvs) != len(self.faces):
            raise ValueError(f"{len(self.part_uvs)} triangles have UVs, but there are {len(self.faces)}")


@dataclass(frozen=True, eq=False)
class GenerateRequest:
    """Asks for a new part that `prompt` names, in the place of an old one: each variation comes as a Delivery of its own.

    `vertices` (V, 3) float32, z upwards; `faces` (F, 3) int32 are triangles, wound outwards, of which the first `of_part` are the old
    part's, the others those of what it is attached to. There are `variations`, the best first; the same `seed` gives the same ones.
    `model` is the id of the weights: "parts" searches, "shaper" draws, in so many `steps`, 0 for its own choice, and as far from the old
    part as `strength` lets it.
    """

    name: str
    prompt: str
    vertices: NDArray[np.float32]
    faces: NDArray[np.int32]
    of_part: int
    seed: int = 0
    variations: int = 1
    model: str = "parts"
    strength: float = 1.0
    steps: int = 0

    def __post_init__(self) -> None:
        _settle(self, "vertices", np.float32, (-1, 3))
        _settle(self, "faces", np.int32, (-1, 3))
        if not 0 <= self.of_part <= len(self.faces):
            raise ValueError(f"{self.of_part} triangles are the part's, but there are {len(self.faces)}")


@dataclass(frozen=True, eq=False)
class GenerateResult:
    """One variation: the new part's `vertices` (V, 3) float32, in the space of the request, and triangles `faces` (F, 3) int32, closed.

    `part` is what it is called, and `caption` in more words; `method` and `weights` say who made it, `notes` are sentences for the artist.
    """

    vertices: NDArray[np.float32]
    faces: NDArray[np.int32]
    part: str
    caption: str
    seed: int = 0
    method: str = "generative"
    weights: str = ""
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        _settle(self, "vertices", np.float32, (-1, 3))
        _settle(self, "faces", np.int32, (-1, 3))


MeshRequest = SegmentRequest | CompleteRequest
Request = MeshRequest | UnderstandRequest | PaintRequest | ReshapeRequest | GenerateRequest
Piece = CompleteResult | CompleteForecast | PaintResult | ReshapeResult | GenerateResult
Result = SegmentResult | UnderstandResult | Piece

# ---- messages ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Submit:
    """Start this work. A newer request with the same `key` supersedes the older one, queued or running; "" is no key."""

    id: int
    key: str
    request: Request


@dataclass(frozen=True)
class Cancel:
    """Stop this work; it is answered by Failed with code "cancelled", or by Done where that was faster."""

    id: int


@dataclass(frozen=True)
class Configure:
    """Where and how to work from now on: sent after the greeting, and whenever the artist changes it.

    `device` is "auto" or the id of a Device ("cpu", "cuda:0", "mps", "xpu:0"; "cuda" is the first of them), `precision`
    is "auto", "float32", "float16" or "bfloat16". After `idle_minutes` without work the backend gives back the memory
    that it holds, and takes it again when it is asked next; 0 is never. What is running ends as it began. Where the
    device or the precision is not there, a Notice says so.
    """

    device: str = "auto"
    precision: str = "auto"
    idle_minutes: float = 10.0


@dataclass(frozen=True)
class FreeMemory:
    """Give back all memory that is held for later requests, that of the GPU above all; what is running ends first.

    A Memory tells afterwards what is free then.
    """


@dataclass(frozen=True)
class Device:
    """Something that networks can run on: `id` as torch writes it, `name` for the artist, `total_bytes` of its memory.

    `precisions` are those that it can do, the one that "auto" takes first.
    """

    id: str
    name: str
    total_bytes: int = 0
    precisions: tuple[str, ...] = ("float32",)


@dataclass(frozen=True)
class Hello:
    """Who answers. Comes first, again when the worker has loaded what it needs, and whenever the device changes.

    `protocol` counts meanings of messages, `version` is the package's, `methods` are the method ids that can be asked
    for, `pid` is the process id on the machine where the backend runs. `device` says in words what networks run on,
    precision included ("NVIDIA GeForce RTX 4090, bfloat16"), and is "" until that or the worker is there; `devices` are
    those that can be chosen, empty until they are known.
    """

    protocol: int
    version: str
    methods: tuple[str, ...] = ()
    device: str = ""
    pid: int = 0
    devices: tuple[Device, ...] = ()


@dataclass(frozen=True)
class Memory:
    """How much memory is free on the device that networks run on, in bytes, and how much of the rest PartGen holds."""

    device: str
    free_bytes: int
    total_bytes: int
    held_bytes: int = 0


@dataclass(frozen=True)
class Notice:
    """Something to know while nothing has ended, of the request `id` or, with 0, of the backend itself.

    Stands until one of the same `id` and `code` comes without a sentence: that takes it back.
    """

    code: str
    sentence: str = ""
    remedy: str = ""
    action: str = Action.NONE
    id: int = 0


@dataclass(frozen=True)
class Heartbeat:
    """The sender is alive, whatever else it is doing: its process gets time, and its interpreter is not held up."""


@dataclass(frozen=True)
class Progress:
    """How far a request is: `fraction` in [0, 1], `stage` in words, `seconds_left` or None while nobody can tell."""

    id: int
    fraction: float
    stage: str
    seconds_left: float | None = None


@dataclass(frozen=True)
class Delivery:
    """A piece of a request's answer. It is good by itself: it stays so whatever becomes of the rest."""

    id: int
    result: Piece


@dataclass(frozen=True)
class Done:
    """A request's result, None where it came in pieces; `notes` are then sentences about all of them. `stored` where it was
    answered from memory."""

    id: int
    result: SegmentResult | UnderstandResult | None = None
    stored: bool = False
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Failed:
    """A request's end without a result: what happened, what to do about it, and the log that tells more ("": none).

    `action` is a value of `errors.Action`, perhaps of a newer version. Codes that are no fault: "cancelled",
    "superseded", "stopped".
    """

    id: int
    code: str
    sentence: str
    remedy: str = ""
    log_path: str = ""
    action: str = Action.NONE

    @classmethod
    def of(cls, request_id: int, error: PartgenError) -> Failed:
        """The answer that carries `error` to the artist."""
        return cls(request_id, error.code, error.sentence, error.remedy, action=error.action)


Message = Submit | Cancel | Configure | FreeMemory | Hello | Progress | Delivery | Done | Failed | Memory | Notice | Heartbeat

_TYPES: dict[str, type] = {
    kind.__name__: kind for kind in (*get_args(Message), *get_args(Request), *get_args(Result), ProposedTree, Skin, Device)
}


# ---- frames --------------------------------------------------------------------------------------------------------


class ProtocolError(PartgenError):
    """The byte stream is not the conversation above: it ended inside a frame, or something else wrote into it."""

    def __init__(self, problem: str) -> None:
        sentence = f"The backend's answer could not be read: {problem}."
        super().__init__("protocol.garbled", sentence, "Restart the backend.", Action.RESTART_BACKEND)


class NoGreeting(ProtocolError):
    """The stream ended, or went on and on, without `MAGIC`; `said` is what came instead."""

    def __init__(self, said: bytes) -> None:
        super().__init__("it did not greet" if said else "it said nothing")
        self.said = said


def write_message(stream: IO[bytes], message: Message) -> None:
    """Writes one frame and flushes. Raises ProtocolError, before the first byte, for what cannot be framed, and OSError."""
    for piece in frame(message):
        _write_all(stream, piece)
    stream.flush()


def frame(message: Message) -> Iterator[memoryview]:
    """The bytes of one message, in order, without copying its arrays. Raises ProtocolError if it is too large."""
    arrays: list[NDArray] = []
    packed = _pack(message, arrays)
    header = json.dumps({"message": packed, "arrays": [[a.dtype.str, list(a.shape)] for a in arrays]}, separators=(",", ":")).encode()
    if len(header) > MAXIMUM_HEADER or sum(a.nbytes for a in arrays) > MAXIMUM_ARRAYS:
        raise ProtocolError(f"a {type(message).__name__} is too large to send")
    yield memoryview(struct.pack("<I", len(header)) + header)
    yield from (a.reshape(-1).view(np.uint8).data for a in arrays if a.size)


def read_message(stream: IO[bytes]) -> Message | None:
    """The next message, or None where the stream ends between two. Raises ProtocolError for anything else, and OSError."""
    prefix = _read_up_to(stream, 4)
    if not prefix:
        return None
    if len(prefix) < 4:
        raise ProtocolError("it ended inside a frame")
    (length,) = struct.unpack("<I", prefix)
    if length > MAXIMUM_HEADER:
        raise ProtocolError(f"a header of {length} bytes")
    header = _read_up_to(stream, length)
    if len(header) < length:
        raise ProtocolError("it ended inside a frame")
    try:
        contents = json.loads(header)
        layout = [_array_layout(*entry) for entry in contents["arrays"]]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise ProtocolError("a header that is none") from error
    if sum(dtype.itemsize * math.prod(shape) for dtype, shape in layout) > MAXIMUM_ARRAYS:
        raise ProtocolError("arrays too large to be meant")
    arrays = [_read_array(stream, dtype, shape) for dtype, shape in layout]
    try:
        message = _unpack(contents["message"], arrays)
    except (ValueError, KeyError, TypeError, IndexError, RecursionError) as error:
        raise ProtocolError("a message that is none") from error
    if not isinstance(message, Message):
        raise ProtocolError("a message that is none")
    return message


def skip_to_magic(stream: IO[bytes]) -> bytes:
    """Reads up to and including `MAGIC` and returns what came before. Raises NoGreeting where it does not come."""
    seen = bytearray()
    while not seen.endswith(MAGIC):
        byte = stream.read(1)
        if not byte or len(seen) > MAXIMUM_BANNER:
            raise NoGreeting(bytes(seen))
        seen += byte
    return bytes(seen[: -len(MAGIC)])


# ---- values in headers ---------------------------------------------------------------------------------------------


def _pack(value: Any, arrays: list[NDArray]) -> Any:
    """`value` as JSON; its arrays are appended to `arrays` and named by their place there."""
    if isinstance(value, np.ndarray):
        array = np.ascontiguousarray(value, value.dtype.newbyteorder("<"))
        if array.dtype.str not in ARRAY_TYPES:
            raise ProtocolError(f"an array of {array.dtype} cannot be sent")
        arrays.append(array)
        return {"array": len(arrays) - 1}
    if dataclasses.is_dataclass(value):
        fields = {f.name: _pack(getattr(value, f.name), arrays) for f in dataclasses.fields(value)}
        return {"type": type(value).__name__, **fields}
    if isinstance(value, tuple):
        return [_pack(item, arrays) for item in value]
    return value


def _unpack(value: Any, arrays: list[NDArray]) -> Any:
    """The inverse of `_pack`. Fields that this version does not know are left out, and values of types that it does not know
    are None: newer ones may say more, and what they are is to be told by their Hello."""
    if isinstance(value, list):
        return tuple(_unpack(item, arrays) for item in value)
    if not isinstance(value, dict):
        return value
    if "array" in value:
        return arrays[value["array"]]
    kind = _TYPES.get(value["type"])
    if kind is None:
        return None
    names = {f.name for f in dataclasses.fields(kind)}
    return kind(**{name: _unpack(item, arrays) for name, item in value.items() if name in names})


def _array_layout(dtype: str, shape: list[int]) -> tuple[np.dtype, tuple[int, ...]]:
    if dtype not in ARRAY_TYPES or not all(isinstance(n, int) and n >= 0 for n in shape):
        raise ValueError("not an array")
    return np.dtype(dtype), tuple(shape)


def _settle(message: object, name: str, dtype: type, shape: tuple[int, ...]) -> None:
    """Gives a field of a frozen dataclass its declared type and shape."""
    array: ArrayLike = np.ascontiguousarray(getattr(message, name), dtype).reshape(shape)
    object.__setattr__(message, name, array)


# ---- bytes ---------------------------------------------------------------------------------------------------------


def _read_array(stream: IO[bytes], dtype: np.dtype, shape: tuple[int, ...]) -> NDArray:
    try:
        array = np.empty(shape, dtype)
    except (MemoryError, ValueError) as error:
        raise ProtocolError("arrays too large for this machine") from error
    if array.size and _fill(stream, array.reshape(-1).view(np.uint8).data) < array.nbytes:
        raise ProtocolError("it ended inside a frame")
    return array


def _read_up_to(stream: IO[bytes], count: int) -> bytes:
    """`count` bytes, fewer only where the stream ends."""
    buffer = bytearray(count)
    return bytes(buffer[: _fill(stream, memoryview(buffer))])


def _fill(stream: IO[bytes], target: memoryview) -> int:
    """Reads until `target` is full or the stream ends; the number of bytes read."""
    done = 0
    while done < len(target):
        read = stream.readinto(target[done:])  # type: ignore[attr-defined]
        if not read:
            break
        done += read
    return done


def _write_all(stream: IO[bytes], piece: memoryview) -> None:
    while piece:
        piece = piece[stream.write(piece) :]
