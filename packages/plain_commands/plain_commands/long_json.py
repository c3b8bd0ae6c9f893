"""JSON files with lists that are too long for memory."""

import gzip
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NoReturn, Protocol, TextIO

from .files import readable, valid_json, without_doubles

_BLOCK = 2**20
"""Characters that are read at a time."""
_SPACE = re.compile(r"[ \t\n\r]*")
_LONGEST_WORD = len("-Infinity")


class Sink(Protocol):
    """A list to which entries are added."""

    def append(self, entry: Any, /) -> None:
        """Add an entry."""


def read_long_json(path: Path, lists: Mapping[str, Sink]) -> Any:
    """Read a JSON file, of which at most an entry of the named lists is in memory at a time.

    Args:
        path: the file; see `read_json`, which accepts the same content.
        lists: by key of the file's object, where the entries of the list under this key go. In the
            returned content, it takes the place of the list.

    Raises:
        UserError: as in `read_json`.
    """
    opener = gzip.open if path.suffix == ".gz" else open
    with readable(path), valid_json(path):
        with opener(path, "rb") as start:
            encoding = json.detect_encoding(start.read(4))
        with opener(path, "rt", encoding=encoding, errors="surrogatepass", newline="") as stream:
            return _PartialText(stream).read(lists)


class _PartialText:
    """A JSON text, of which a part is in memory."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._decoder = json.JSONDecoder(object_pairs_hook=without_doubles)
        self._text, self._at = "", 0
        # Of the text that is no longer in memory:
        self._characters = self._lines = self._column = 0

    def read(self, lists: Mapping[str, Sink]) -> Any:
        """The whole content; see `read_long_json`."""
        content = self._object(lists) if self._peek() == "{" else self._value()
        if self._peek():
            self._fail("Extra data")
        return content

    def _object(self, lists: Mapping[str, Sink]) -> dict[str, Any]:
        pairs: list[tuple[str, Any]] = []
        self._at += 1
        while self._peek() != "}":
            if pairs:
                self._take(",")
            if self._peek() != '"':
                self._fail("Expecting property name enclosed in double quotes")
            key = self._value()
            self._take(":")
            if key in lists and self._peek() == "[":
                self._pass_on(lists[key])
                pairs.append((key, lists[key]))
            else:
                pairs.append((key, self._value()))
        self._at += 1
        return without_doubles(pairs)

    def _pass_on(self, entries: Sink) -> None:
        self._at += 1
        is_first = True
        while self._peek() != "]":
            if not is_first:
                self._take(",")
            entries.append(self._value())
            is_first = False
        self._at += 1

    def _value(self) -> Any:
        self._peek()
        while True:
            try:
                value, end = self._decoder.raw_decode(self._text, self._at)
            except json.JSONDecodeError as error:
                to_end = len(self._text) - error.pos
                is_cut = to_end < _LONGEST_WORD or error.msg.startswith("Unterminated string")
                if not is_cut or not self._read_on():
                    self._fail(error.msg, error.pos)
            else:  # a number may go on beyond the text in memory
                if end < len(self._text) - _LONGEST_WORD or not self._read_on():
                    self._at = end
                    return value

    def _take(self, delimiter: str) -> None:
        if self._peek() != delimiter:
            self._fail(f"Expecting {delimiter!r} delimiter")
        self._at += 1

    def _peek(self) -> str:
        """The next character that is not white space; empty at the end."""
        while True:
            if space := _SPACE.match(self._text, self._at):
                self._at = space.end()
            if self._at < len(self._text):
                return self._text[self._at]
            if not self._read_on():
                return ""

    def _read_on(self) -> bool:
        """Replace the text that has been read by more of the stream; False at its end."""
        rest = self._text[self._at :]
        more = self._stream.read(max(_BLOCK, len(rest)))
        if more:
            self._characters, self._lines, self._column = self._place(self._at)
            self._text, self._at = rest + more, 0
        return bool(more)

    def _place(self, position: int) -> tuple[int, int, int]:
        """Character, line and column, from 0, of a position in the text in memory."""
        lines = self._text.count("\n", 0, position)
        column = position - (self._text.rfind("\n", 0, position) + 1)
        column += 0 if lines else self._column
        return self._characters + position, self._lines + lines, column

    def _fail(self, message: str, position: int | None = None) -> NoReturn:
        """Raise an error like those of `json`."""
        character, line, column = self._place(self._at if position is None else position)
        raise ValueError(f"{message}: line {line + 1} column {column + 1} (char {character})")
