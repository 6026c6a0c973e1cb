"""Promises of the frames: what goes in comes out, however the bytes arrive, and nothing else ever comes out."""

from __future__ import annotations

import dataclasses
import io
import json
import struct

import hypothesis.extra.numpy as arrays
import hypothesis.strategies as some
import numpy as np
import pytest
from hypothesis import given
from partgen.protocol import (
    MAGIC,
    MAXIMUM_HEADER,
    Cancel,
    CompleteForecast,
    CompleteRequest,
    CompleteResult,
    Configure,
    Delivery,
    Device,
    Done,
    Failed,
    FreeMemory,
    Heartbeat,
    Hello,
    Memory,
    Message,
    Notice,
    Progress,
    ProtocolError,
    SegmentRequest,
    SegmentResult,
    Submit,
    frame,
    read_message,
    skip_to_magic,
    write_message,
)

ids = some.integers(0, 2**53)
fractions = some.floats(0, 1)
finite = some.floats(allow_nan=False, allow_infinity=False)


def array(dtype: type, *columns: int) -> some.SearchStrategy[np.ndarray]:
    """Arrays of any length, values and bits; with `columns`, that many values a row."""
    return some.integers(0, 9).flatmap(lambda rows: arrays.arrays(dtype, (rows, *columns)))


requests = some.builds(
    SegmentRequest,
    name=some.text(),
    method=some.text(),
    vertices=array(np.float32, 3),
    corner_vertices=array(np.int32),
    polygon_offsets=array(np.int32),
    linear=arrays.arrays(np.float64, (3, 3)),
)
results = some.builds(
    SegmentResult,
    leaf_of_polygon=array(np.int32),
    merges=array(np.int32, 2),
    heights=array(np.float32),
    default_scale=finite,
    method=some.text(),
    weights=some.text(),
    notes=some.lists(some.text()).map(tuple),
    seconds=finite,
)
completions = some.integers(0, 5).flatmap(
    lambda polygons: some.builds(
        CompleteRequest,
        name=some.text(),
        method=some.text(),
        vertices=array(np.float32, 3),
        corner_vertices=array(np.int32),
        polygon_offsets=arrays.arrays(np.int32, polygons + 1),
        part_of_polygon=arrays.arrays(np.int32, polygons),
        wanted=array(np.int32),
        linear=arrays.arrays(np.float64, (3, 3)),
        reach=fractions,
        remesh=some.booleans(),
        seed=ids,
        model=some.text(),
        steps=ids,
    )
)
completed = some.builds(
    CompleteResult,
    part=ids,
    kept_vertices=array(np.int32),
    added_vertices=array(np.float32, 3),
    generated_faces=array(np.int32, 3),
    method=some.text(),
    made_by=some.text(),
    weights=some.text(),
    replaces=some.booleans(),
    problem=some.text(),
    remedy=some.text(),
    notes=some.lists(some.text()).map(tuple),
)
devices = some.builds(Device, some.text(), some.text(), ids, some.lists(some.text(), max_size=3).map(tuple))
messages = some.one_of(
    some.builds(Submit, ids, some.text(), requests | completions),
    some.builds(Cancel, ids),
    some.builds(Configure, some.text(), some.text(), finite),
    some.just(FreeMemory()),
    some.builds(Hello, ids, some.text(), some.lists(some.text()).map(tuple), some.text(), ids, some.lists(devices, max_size=3).map(tuple)),
    some.builds(Memory, some.text(), ids, ids, ids),
    some.builds(Notice, some.text(), some.text(), some.text(), some.text(), ids),
    some.just(Heartbeat()),
    some.builds(Progress, ids, fractions, some.text(), some.none() | finite),
    some.builds(Delivery, ids, completed | some.builds(CompleteForecast, ids, finite)),
    some.builds(Done, ids, some.none() | results, some.booleans()),
    some.builds(Failed, ids, some.text(), some.text(), some.text(), some.text(), some.text()),
)


class Pipe(io.RawIOBase):
    """Gives its bytes in pieces of the given sizes, as a pipe may; then everything that is left, byte by byte."""

    def __init__(self, contents: bytes, sizes: list[int]) -> None:
        self._contents = contents
        self._sizes = sizes

    def readable(self) -> bool:
        return True

    def readinto(self, target) -> int:
        size = min(self._sizes.pop(0) if self._sizes else 1, len(target))
        piece, self._contents = self._contents[:size], self._contents[size:]
        target[: len(piece)] = piece
        return len(piece)


def bytes_of(*sent: Message) -> bytes:
    stream = io.BytesIO()
    for message in sent:
        write_message(stream, message)
    return stream.getvalue()


def same(a: object, b: object) -> bool:
    """Equality to the last bit, of arrays in their type and shape too."""
    if isinstance(a, np.ndarray) and isinstance(b, np.ndarray):
        return a.dtype == b.dtype and a.shape == b.shape and a.tobytes() == b.tobytes()
    if dataclasses.is_dataclass(a):
        return type(a) is type(b) and all(same(getattr(a, f.name), getattr(b, f.name)) for f in dataclasses.fields(a))
    return type(a) is type(b) and a == b


@given(some.lists(messages, max_size=3), some.lists(some.integers(1, 50), max_size=30))
def test_messages_survive_any_split_of_the_stream(sent, sizes):
    stream = Pipe(bytes_of(*sent), sizes)
    for message in sent:
        assert same(message, read_message(stream))
    assert read_message(stream) is None


@given(messages, some.data())
def test_a_stream_that_ends_inside_a_frame_is_an_error(message, data):
    whole = bytes_of(message)
    cut = data.draw(some.integers(1, len(whole) - 1))
    with pytest.raises(ProtocolError, match="ended inside a frame"):
        read_message(io.BytesIO(whole[:cut]))


@given(messages, some.binary(max_size=60), some.data())
def test_damage_is_an_error_or_another_message_but_nothing_else(message, noise, data):
    whole = bytearray(bytes_of(message))
    place = data.draw(some.integers(0, min(len(whole), 200)))
    whole[place : place + len(noise)] = noise
    try:
        message = read_message(io.BytesIO(bytes(whole)))
    except ProtocolError:
        return
    assert isinstance(message, Message | None)


@given(some.binary(max_size=400).filter(lambda banner: MAGIC not in banner + MAGIC[:-1]), messages)
def test_whatever_a_login_shell_prints_is_skipped(banner, message):
    stream = io.BytesIO(banner + MAGIC + bytes_of(message))
    assert skip_to_magic(stream) == banner
    assert same(message, read_message(stream))


@pytest.mark.parametrize("contents", [b"", b"command not found\n", MAGIC[:-1], b"x" * ((1 << 20) + 100)])
def test_a_program_that_never_greets_is_an_error(contents):
    with pytest.raises(ProtocolError):
        skip_to_magic(io.BytesIO(contents))


def test_a_header_too_large_is_refused_before_it_is_read():
    stream = io.BytesIO(struct.pack("<I", MAXIMUM_HEADER + 1) + b"x" * 100)
    with pytest.raises(ProtocolError, match="header of 1048577 bytes"):
        read_message(stream)
    assert stream.tell() == 4


@pytest.mark.parametrize("layout", [["<f4", [1 << 62]], ["<f4", [1 << 20] * 2], ["<f4", [-1]], ["|O", [1]], ["<f4", [1.5]], "nonsense"])
def test_arrays_that_cannot_be_meant_are_refused_before_memory_is_taken(layout):
    header = json.dumps({"message": {"type": "Cancel", "id": {"array": 0}}, "arrays": [layout]}).encode()
    with pytest.raises(ProtocolError):
        read_message(io.BytesIO(struct.pack("<I", len(header)) + header))


def test_what_is_too_large_is_refused_before_a_byte_is_sent():
    stream = io.BytesIO()
    with pytest.raises(ProtocolError, match="too large to send"):
        write_message(stream, Failed(1, "code", "x" * MAXIMUM_HEADER))
    assert stream.getvalue() == b""


def read_header(message: object) -> Message | None:
    """What is read of a frame whose header is this, whatever sent it."""
    header = json.dumps({"message": message, "arrays": []}).encode()
    return read_message(io.BytesIO(struct.pack("<I", len(header)) + header))


def test_a_newer_hello_is_understood():
    newer = {"type": "Hello", "protocol": 7, "version": "3.0", "mood": "good", "devices": [{"type": "Gadget", "id": 1}]}
    hello = read_header(newer)
    assert (hello.protocol, hello.version) == (7, "3.0")


@pytest.mark.parametrize("message", [{"type": "Gadget"}, {"type": "Device", "id": "cpu", "name": "CPU"}, {"id": 1}, None, [], 3])
def test_what_is_no_message_is_an_error(message):
    with pytest.raises(ProtocolError):
        read_header(message)


def test_arrays_are_sent_from_where_they_lie():
    vertices = np.random.default_rng(1).random((50, 3), np.float32)
    corners, offsets = np.arange(50, dtype=np.int32), np.array([0, 50], np.int32)
    pieces = list(frame(Submit(1, "", SegmentRequest("Lamp", "auto", vertices, corners, offsets))))
    assert any(np.shares_memory(vertices, piece) for piece in pieces)


def test_a_request_gives_its_arrays_their_types():
    request = SegmentRequest("Lamp", "auto", [[0, 0, 0], [1, 0, 0], [0, 1, 0]], [0, 1, 2], [0, 3])
    kinds = [array.dtype for array in (request.vertices, request.corner_vertices, request.polygon_offsets, request.linear)]
    assert kinds == [np.float32, np.int32, np.int32, np.float64]
    with pytest.raises(ValueError, match="reshape"):
        SegmentRequest("Lamp", "auto", np.zeros((4, 4)), [0, 1, 2], [0, 3])
