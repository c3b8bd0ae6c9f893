"""The files of other stages as the report reads them: the fields that it shows.

APs, differences and margins are fractions of 1; what is undefined is None.
"""

from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict

from workflow_scripts.common.files import read_json
from workflow_scripts.common.section import validate
from workflow_scripts.contracts.runs import ALL

Kind = TypeVar("Kind", bound=BaseModel)


class _Read(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class AtMargin(_Read):
    """What holds for one margin."""

    margin: float
    tost_p: float | None
    verdict: str
    verdict_holm: str | None
    runs_needed: int | None


class Group(_Read):
    """The runs of a variant."""

    mean: float | None
    std: float | None
    n: int


class ClassVerdict(_Read):
    """One class, or the mean over all of them."""

    name: str
    reference: Group
    variant: Group
    difference: float | None
    low: float | None
    high: float | None
    welch_p: float | None
    detectable: float | None
    margins: tuple[AtMargin, ...]


class VariantVerdict(_Read):
    """One variant against the reference."""

    variant: str
    role: str
    rows: tuple[ClassVerdict, ...]

    @property
    def over_all(self) -> ClassVerdict:
        """The row of the mean over the classes."""
        return next(row for row in self.rows if row.name == ALL)

    @property
    def is_control(self) -> bool:
        """Whether it is there to test the experiment."""
        return self.role != "treatment"


class Settings(_Read):
    """What counts as the same, and how sure one wants to be."""

    margins: tuple[float, ...]
    level: float
    power: float


class SaidOfVariant(_Read):
    """A variant in words."""

    answer: str
    sentences: tuple[str, ...]
    notes: tuple[str, ...]


class Said(_Read):
    """What the numbers allow to say."""

    headline: str
    caveats: tuple[str, ...]
    caption: str
    variants: dict[str, SaidOfVariant]


class Verdict(_Read):
    """A verdict.json."""

    reference: str
    settings: Settings
    variants: tuple[VariantVerdict, ...]
    said: Said


class Layout(_Read):
    """A table as text."""

    title: str = ""
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


class ResultTable(_Read):
    """A table_2.json."""

    reference: str
    engine: str
    tested_on: str
    images: int
    caption: str
    layout: Layout


class Further(_Read):
    """An exposed.json or a cross.json: tables as text."""

    caption: str
    layouts: tuple[Layout, ...]


class Privacy(_Read):
    """A privacy.json."""

    audits: tuple[dict[str, Any], ...]
    notes: tuple[str, ...]
    caption: str
    layouts: tuple[Layout, ...]


def read(kind: type[Kind], path: Path) -> Kind | None:
    """Read a file of another stage; None where it has not been made.

    Raises:
        UserError: it is something else.
    """
    return validate(kind, read_json(path), str(path)) if path.exists() else None
