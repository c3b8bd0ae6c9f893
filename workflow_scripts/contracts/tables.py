"""Tables on disk: Table II, and tables as text in every format."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import pandas as pd
from plain_commands.files import write_json, write_text
from plain_commands.section import FilePart
from pydantic import Field
from tabulate import tabulate

from workflow_scripts.common import latex
from workflow_scripts.contracts.audits import Audit
from workflow_scripts.contracts.runs import ExpectedRuns

if TYPE_CHECKING:
    import pandas as pd

_MARKUP = re.compile(r"<(?=[A-Za-z/!?])|[|`\[\]]")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def in_markdown(text: str) -> str:
    """Text in which no character starts a tag, a link, code, or the next cell of a table."""
    return _MARKUP.sub(r"\\\g<0>", text)


def csv_of(frame: "pd.DataFrame") -> str:
    """A table as csv. Text that a spreadsheet would take for a formula gets an apostrophe."""

    def harmless(cell: Any) -> Any:
        return f"'{cell}" if isinstance(cell, str) and cell.startswith(_FORMULA) else cell

    text: str = frame.map(harmless).to_csv(index=False)
    return text


class TextTable(FilePart):
    """A table of text cells."""

    title: str = ""
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]

    def markdown(self) -> str:
        """The table in Markdown, without its title."""
        rows = [tuple(map(in_markdown, row)) for row in self.rows]
        columns = tuple(map(in_markdown, self.columns))
        return tabulate(rows, columns, "pipe", disable_numparse=True)

    def plain(self) -> str:
        """The table for a terminal or a log, without its title."""
        return tabulate(self.rows, self.columns, "simple", disable_numparse=True)

    def as_json(self) -> dict[str, Any]:
        """The table as it is kept in a JSON file."""
        return self.model_dump(mode="json", exclude_unset=True)


class CaptionedTables(FilePart):
    """The readable part of exposed.json, cross.json and privacy.json."""

    caption: str
    layouts: tuple[TextTable, ...]

    def as_json(self) -> dict[str, Any]:
        """Content of the file: the numbers, then the readable part."""
        return {
            "schema": 1,
            **self.model_dump(mode="json", exclude={"caption", "layouts"}),
            "caption": self.caption,
            "layouts": [table.as_json() for table in self.layouts],
        }


class CrossTables(CaptionedTables):
    """Content of a cross.json."""

    trained_on: tuple[str, ...]
    tested_on: tuple[str, ...]
    classes: tuple[str, ...]
    cells: tuple[dict[str, Any], ...]
    """AP by class (`all` is their mean), trained_on and tested_on: mean, std and n; undefined
    numbers are None."""


class ExposedTables(CaptionedTables):
    """Content of an exposed.json."""

    reference: str
    """Variant that the others are compared with."""
    level: float
    """Level of one-sided tests; intervals have the confidence 1 - 2 * level."""
    missing: str
    """Expected runs without an evaluation, as text."""
    rows: tuple[dict[str, Any], ...]
    """AP by variant, class and group: mean, std, n, instances, and the difference from the
    reference with its interval and p value; undefined numbers are None."""


def records_of(table: pd.DataFrame) -> tuple[dict[str, Any], ...]:
    """Rows of a table as plain values; None where a number is undefined."""
    rows: list[dict[Any, Any]] = table.astype(object).where(table.notna(), None).to_dict("records")
    return tuple(rows)


class PrivacyTables(CaptionedTables):
    """Content of a privacy.json."""

    audits: tuple[Audit, ...]
    notes: tuple[str, ...]
    """Findings that need attention, one sentence each."""

    def audit(self, variant: str) -> Audit | None:
        """The audit of a variant, if there is one."""
        return next((audit for audit in self.audits if audit.variant == variant), None)

    def as_json(self) -> dict[str, Any]:
        """Content of the file; what an audit did not measure is left out."""
        return super().as_json() | {"audits": [audit.as_json() for audit in self.audits]}


class TableCell(FilePart):
    """One AP over the runs of a variant, a fraction of 1."""

    class_name: str = Field(alias="class")
    """Name of the class; `all` is the mean over the classes."""
    variant: str
    metric: str
    mean: float | None
    std: float | None
    n: int
    """Runs in which the AP is defined."""


class RunRecord(FilePart):
    """A run in a table."""

    variant: str
    seed: int
    fingerprint: str
    path: str


class MissingRun(FilePart):
    """An expected run without an evaluation."""

    variant: str
    seed: int


class ResultTable(FilePart):
    """Content of a table_2.json."""

    version: Literal[1] = Field(1, alias="schema")
    reference: str
    """Variant that the others are compared with."""
    engine: str
    """Framework of the trainings."""
    tested_on: str
    """Variant of the test images."""
    images: int
    """Number of test images."""
    variants: tuple[str, ...]
    seeds: tuple[int, ...]
    classes: tuple[str, ...]
    more_seeds: dict[str, tuple[int, ...]] = Field(default_factory=dict)
    cells: tuple[TableCell, ...]
    runs: tuple[RunRecord, ...]
    missing: tuple[MissingRun, ...]
    caption: str
    layout: TextTable
    """The whitepaper's layout: a row a class, a column a variant; `columns` are the variants."""

    @property
    def expected(self) -> ExpectedRuns:
        """The runs of the experiment."""
        return ExpectedRuns(
            variants=self.variants,
            seeds=self.seeds,
            classes=self.classes,
            more_seeds=self.more_seeds,
        )

    def as_json(self) -> dict[str, Any]:
        """Content of the file."""
        content = self.model_dump(mode="json", by_alias=True, exclude={"layout"})
        return content | {"layout": self.layout.as_json()}


def markdown(tables: Sequence[TextTable], caption: str, notes: Sequence[str] = ()) -> str:
    """Tables below their titles, with notes above and a caption below."""
    parts = [f"**Attention:** {in_markdown(note)}" for note in notes]
    for table in tables:
        parts += [f"## {in_markdown(table.title)}", table.markdown()]
    return "\n\n".join([*parts, in_markdown(caption)]) + "\n"


def write_formats(folder: Path, name: str, *, csv: str, md: str, tex: str, json: Any) -> None:
    """Write a table as csv, Markdown, LaTeX and JSON, each atomically."""
    for suffix, text in (("csv", csv), ("md", md), ("tex", tex)):
        write_text(folder / f"{name}.{suffix}", text)
    write_json(folder / f"{name}.json", json)


def latex_tables(tables: Sequence[TextTable], caption: str, label: str) -> str:
    r"""A LaTeX `table` each, to `\input`; they need the packages booktabs and graphicx."""
    return "\n".join(
        latex.text_table(
            table.rows, table.columns, f"{table.title}. {caption}", f"{label}-{number}"
        )
        for number, table in enumerate(tables, start=1)
    )
