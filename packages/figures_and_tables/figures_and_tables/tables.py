"""Tables of text cells, as CSV, Markdown, LaTeX and plain text."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from plain_commands.files import write_json, write_text
from plain_commands.section import FilePart
from tabulate import tabulate

from . import latex

if TYPE_CHECKING:
    import pandas as pd

_MARKUP = re.compile(r"<(?=[A-Za-z/!?])|[|`\[\]]")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def in_markdown(text: str) -> str:
    """Text escaped so that no character starts a tag, a link, code, or the next cell of a table."""
    return _MARKUP.sub(r"\\\g<0>", text)


def csv_of(frame: "pd.DataFrame") -> str:
    """Table as CSV; text that a spreadsheet would interpret as a formula gets an apostrophe."""

    def harmless(cell: Any) -> Any:
        return f"'{cell}" if isinstance(cell, str) and cell.startswith(_FORMULA) else cell

    text: str = frame.map(harmless).to_csv(index=False)
    return text


class TextTable(FilePart):
    """Table of text cells."""

    title: str = ""
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]

    def markdown(self) -> str:
        """Markdown of the table, without its title."""
        rows = [tuple(map(in_markdown, row)) for row in self.rows]
        columns = tuple(map(in_markdown, self.columns))
        return tabulate(rows, columns, "pipe", disable_numparse=True)

    def plain(self) -> str:
        """Plain text of the table for a terminal or a log, without its title."""
        return tabulate(self.rows, self.columns, "simple", disable_numparse=True)

    def as_json(self) -> dict[str, Any]:
        """Content of the table for a JSON file."""
        return self.model_dump(mode="json", exclude_unset=True)


def markdown(tables: Sequence[TextTable], caption: str, notes: Sequence[str] = ()) -> str:
    """Tables below their titles, with notes above and a caption below."""
    parts = [f"**Attention:** {in_markdown(note)}" for note in notes]
    for table in tables:
        parts += [f"## {in_markdown(table.title)}", table.markdown()]
    return "\n\n".join([*parts, in_markdown(caption)]) + "\n"


def write_formats(folder: Path, name: str, *, csv: str, md: str, tex: str, json: Any) -> None:
    """Write a table as CSV, Markdown, LaTeX and JSON, each atomically."""
    for suffix, text in (("csv", csv), ("md", md), ("tex", tex)):
        write_text(folder / f"{name}.{suffix}", text)
    write_json(folder / f"{name}.json", json)


def latex_tables(tables: Sequence[TextTable], caption: str, label: str) -> str:
    r"""A LaTeX `table` for each, to `\input`; they need the packages booktabs and graphicx."""
    return "\n".join(
        latex.text_table(
            table.rows, table.columns, f"{table.title}. {caption}", f"{label}-{number}"
        )
        for number, table in enumerate(tables, start=1)
    )
