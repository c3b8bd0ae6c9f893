"""Damages of files of weights."""

import os
import pickle
import zipfile
from collections.abc import Callable
from pathlib import Path

import torch


class Code:
    """What runs a command when it is unpickled."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self):
        return os.mkdir, (str(self.mark),)


def content(data: bytes) -> Callable[[Path], None]:
    return lambda path: path.write_bytes(data)


def saved(what) -> Callable[[Path], None]:
    return lambda path: torch.save(what, path)


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-100])


def flipped(path: Path) -> None:
    """One bit of a weight."""
    with zipfile.ZipFile(path) as archive:
        entry = max(archive.infolist(), key=lambda entry: entry.file_size)
    data = bytearray(path.read_bytes())
    data[entry.header_offset + 300] ^= 1
    path.write_bytes(data)


def bomb(path: Path) -> None:
    """A file whose zeros unpack to a thousand times its size."""
    torch.save({"model": {"a": torch.zeros(10**6)}}, path)
    with zipfile.ZipFile(path) as archive:
        parts = {entry.filename: archive.read(entry) for entry in archive.infolist()}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, part in parts.items():
            archive.writestr(name, part)


def code(path: Path) -> None:
    torch.save({"model": Code(path.with_name("executed"))}, path)


def changed(change: Callable[[dict], object]) -> Callable[[Path], None]:
    """The file with something of its content changed, and saved with right checksums."""

    def damage(path: Path) -> None:
        stored = torch.load(path, weights_only=True)
        change(stored)
        torch.save(stored, path)

    return damage


def first_of(weights: dict) -> str:
    return next(iter(weights))


ANY_FILE = {
    "empty": (content(b""), r"EOFError|Ran out of input"),
    "garbage": (content(b"garbage" * 99), "objects other than tensors and plain data"),
    "cut": (cut, "PytorchStreamReader failed reading zip archive"),
    "a program": (code, "objects other than tensors and plain data"),
    "a plain pickle": (
        content(pickle.dumps({"a": 1})),
        "objects other than tensors and plain data|Invalid magic",
    ),
    "a bomb": (bomb, r"it would unpack to 4,00\d,\d{3} bytes from \d,\d{3}; torch does not"),
}
"""What no file of weights may be."""
