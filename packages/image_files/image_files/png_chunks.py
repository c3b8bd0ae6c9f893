"""Chunks of a PNG file: which of them decoders need, and where its pixel data end."""

from collections.abc import Container, Iterator

from isal import isal_zlib

from .png import SIGNATURE, chunk

_TECHNICAL: dict[str, Container[int]] = {
    **{"IHDR": (13,), "IDAT": range(2**31), "IEND": (0,)},
    **{"gAMA": (4,), "cHRM": (32,), "sRGB": (1,), "cICP": (4,)},
    **{"sBIT": range(1, 5), "bKGD": (1, 2, 6), "pHYs": (9,)},
}
"""Chunks that describe pixels, by name, and how long they may be; each is needed once."""
_COLOURS: dict[int, dict[str, Container[int]]] = {
    0: {"tRNS": (2,)},
    2: {"tRNS": (6,)},
    3: {"tRNS": range(1, 257), "PLTE": range(3, 769, 3)},
}
"""Further ones, by colour type."""
END = b"\0\0\0\0IEND\xaeB`\x82"
"""The last chunk, which is empty."""
_CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
_PASSES = {
    0: ((0, 0, 1, 1),),
    1: (
        *((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4)),
        *((0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)),
    ),
}
"""First column and row, and steps between columns and rows, of the passes of an interlacing."""
_UNPACKED = 2**20
"""Bytes that are unpacked at a time."""


def needed_chunks(raw: bytes) -> Iterator[tuple[str, int, int, bool]]:
    """Name, start and end of each chunk, and whether decoders need it as it is."""
    lengths = _TECHNICAL | _COLOURS.get(raw[25], {})
    seen: set[str] = set()
    for name, start, end in _chunks_of(raw):
        fits = end - start - 12 in lengths.get(name, ())
        yield name, start, end, fits and name not in seen - {"IDAT"}
        seen.add(name)


def goes_on_behind_pixels(raw: bytes) -> bool:
    """Whether bytes follow the last row in a PNG's pixel data, packed or not."""
    packed, left = _packed_pixels(raw), _size_of_rows(raw)
    stream = isal_zlib.decompressobj()
    while unpacked := stream.decompress(packed, _UNPACKED):
        left, packed = left - len(unpacked), stream.unconsumed_tail
        if left < 0:
            return True
    return bool(stream.unused_data)


def ending_with_pixels(raw: bytes) -> bytes:
    """A PNG file whose pixel data end with the last row."""
    if not goes_on_behind_pixels(raw):
        return raw
    rows = isal_zlib.decompressobj().decompress(_packed_pixels(raw), _size_of_rows(raw))
    chunks = [(name, raw[start:end]) for name, start, end in _chunks_of(raw)]
    first = next(number for number, (name, _) in enumerate(chunks) if name == "IDAT")
    chunks[first] = "", b"".join(chunk(b"IDAT", isal_zlib.compress(rows)))
    return SIGNATURE + b"".join(content for name, content in chunks if name != "IDAT")


def _packed_pixels(raw: bytes) -> bytes:
    chunks = _chunks_of(raw)
    return b"".join(raw[start + 8 : end - 4] for name, start, end in chunks if name == "IDAT")


def _size_of_rows(raw: bytes) -> int:
    """Bytes of a PNG's rows, each with the number of its filter."""
    width, height = int.from_bytes(raw[16:20]), int.from_bytes(raw[20:24])
    bits = raw[24] * _CHANNELS[raw[25]]
    size = 0
    for x, y, across, down in _PASSES[raw[28]]:
        columns, rows = len(range(x, width, across)), len(range(y, height, down))
        size += rows * (1 + (columns * bits + 7) // 8) if columns else 0
    return size


def _chunks_of(raw: bytes) -> Iterator[tuple[str, int, int]]:
    """Name, start and end of each chunk."""
    at, name = len(SIGNATURE), ""
    while name != "IEND":
        start = at
        length, name = int.from_bytes(raw[at : at + 4]), raw[at + 4 : at + 8].decode("ascii")
        at += length + 12
        if at > len(raw):
            raise ValueError("it ends in a chunk")
        yield name, start, at
