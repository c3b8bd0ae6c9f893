"""Removal of the fixed image size from an exported ONNX graph.

The `onnx` package could do this too, but is a heavy dependency for one edit. The file is a protobuf
message: nested fields of a key, a length and a content. Field numbers are those of onnx.proto
(https://github.com/onnx/onnx/blob/main/onnx/onnx.proto).
"""

from collections.abc import Callable, Iterator

GRAPH = 7  # of ModelProto
INITIALIZER, INPUT, OUTPUT = 5, 11, 12  # of GraphProto
TENSOR_NAME, VALUE_NAME = 8, 1
DIMENSION = (2, 1, 2, 1)  # ValueInfoProto.type, .tensor_type, .shape, .dim


def with_free_shapes(model: bytes) -> bytes:
    """The same network for inputs of any shape.

    Weights that old exporters list among the inputs are removed from that list. A runtime can fold
    and fuse only constants, which makes the network up to twice as fast.

    Args:
        model: content of an ONNX file.
    """
    graph = b"".join(_contents(model, GRAPH))
    weights = {b"".join(_contents(t, TENSOR_NAME)) for t in _contents(graph, INITIALIZER)}

    def unless_weight(value: bytes) -> bytes | None:
        return None if b"".join(_contents(value, VALUE_NAME)) in weights else value

    model = _edited(model, (GRAPH, INPUT), unless_weight)
    for values in (INPUT, OUTPUT):
        model = _edited(model, (GRAPH, values, *DIMENSION), lambda _: b"")
    return model


def _edited(message: bytes, path: tuple[int, ...], edit: Callable[[bytes], bytes | None]) -> bytes:
    """Message with the fields at `path` replaced by the result of `edit`; None removes a field."""
    parts = []
    for number, raw, content in _fields(message):
        if number != path[0]:
            parts.append(raw)
            continue
        new = _edited(content, path[1:], edit) if path[1:] else edit(content)
        if new is not None:
            parts.append(_as_varint(number << 3 | 2) + _as_varint(len(new)) + new)
    return b"".join(parts)


def _contents(message: bytes, number: int) -> list[bytes]:
    return [content for found, _, content in _fields(message) if found == number]


def _fields(message: bytes) -> Iterator[tuple[int, bytes, bytes]]:
    """Number, raw bytes, and content of each field."""
    at = 0
    while at < len(message):
        start = at
        key, at = _varint(message, at)
        wire_type = key & 7
        if wire_type == 2:
            length, at = _varint(message, at)
        else:
            length = {0: _varint(message, at)[1] - at, 1: 8, 5: 4}[wire_type]
        yield key >> 3, message[start : at + length], message[at : at + length]
        at += length


def _varint(message: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        value |= (message[at] & 127) << shift
        shift += 7
        at += 1
        if message[at - 1] < 128:
            return value, at


def _as_varint(value: int) -> bytes:
    encoded = bytearray()
    while value > 127:
        encoded.append(value & 127 | 128)
        value >>= 7
    return bytes([*encoded, value])
