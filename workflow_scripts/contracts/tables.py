"""Tables as JSON: the numbers, and the readable part."""

from typing import TYPE_CHECKING, Any, Literal

from figures_and_tables.tables import TextTable
from plain_commands.section import FilePart
from pydantic import Field

from workflow_scripts.contracts.attacks import AttackedRegions, JudgedAttack
from workflow_scripts.contracts.audits import Audit
from workflow_scripts.contracts.missed import Missed
from workflow_scripts.contracts.regions import Kind
from workflow_scripts.contracts.reviews import Review
from workflow_scripts.contracts.runs import ExpectedRuns
from workflow_scripts.contracts.tasks import Task

if TYPE_CHECKING:
    import pandas as pd


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
    """AP by class (`all` is the mean), trained_on and tested_on: mean, std and n; None if
    undefined."""


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
    reference with its interval and p value; None if undefined."""


def records_of(table: "pd.DataFrame") -> tuple[dict[str, Any], ...]:
    """Rows of a table as plain values; None for undefined numbers."""
    rows: list[dict[Any, Any]] = table.astype(object).where(table.notna(), None).to_dict("records")
    return tuple(rows)


class PageSection(FilePart):
    """A section of the page for a data protection officer."""

    title: str
    paragraphs: tuple[str, ...]
    table: TextTable | None = None


class PrivacyTables(CaptionedTables):
    """Content of a privacy.json."""

    experiment: str | None = None
    methods: dict[str, dict[str, Any]] = Field(default_factory=dict)
    """Settings of each variant's method, without local folders."""
    audits: tuple[Audit, ...]
    notes: tuple[str, ...]
    """Findings that need attention, one sentence each."""
    attacks: tuple[JudgedAttack, ...] = ()
    attacked: dict[str, dict[Kind, AttackedRegions]] = Field(default_factory=dict)
    """Numbers of attacked regions, by variant and kind."""
    attacks_made_with: dict[str, dict[str, Any]] = Field(default_factory=dict)
    """Fingerprint and settings of the attacks, by variant; `unmodified` for attacks on the
    originals."""
    answers: tuple[str, ...] = ()
    """Conclusions from the attacks, one sentence per variant and kind."""
    in_short: tuple[str, ...] = ()
    """The same conclusions without numbers, one sentence per variant."""
    missed: Missed | None = None
    review: Review | None = None
    """Numbers of a person's review of a random sample."""
    review_is_current: bool = False
    """Whether the review covers the regions that were anonymized."""
    membership: tuple[str, ...] = ()
    """What the models reveal about their training images, one sentence per variant."""
    coverage: tuple[str, ...] = ()
    """Estimate of missed regions of each kind, or why there is none."""
    margin: float = 0.01
    limits: dict[str, float] = Field(default_factory=dict)
    broken: tuple[str, ...] = ()
    """Exceeded limits, one sentence each."""
    donors: tuple[str, ...] = ()
    """Number and licence of the donors of new faces, one sentence per variant that has any."""
    page: tuple[PageSection, ...] = ()
    """The page for a data protection officer, as in privacy.md."""

    @property
    def said(self) -> tuple[str, ...]:
        """Findings, as sentences."""
        return (*self.answers, *self.membership, *self.coverage)

    def audit(self, variant: str) -> Audit | None:
        """The audit of a variant, if there is one."""
        return next((audit for audit in self.audits if audit.variant == variant), None)

    def as_json(self) -> dict[str, Any]:
        """Content of the file, without what an audit did not measure."""
        return super().as_json() | {"audits": [audit.as_json() for audit in self.audits]}


class TableCell(FilePart):
    """One AP over the runs of a variant, as a fraction of 1."""

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


class AbsentRun(FilePart):
    """An expected run that is not in a table."""

    variant: str
    seed: int


class CaptionedLayout(FilePart):
    """A table as text with its explanation."""

    caption: str
    layout: TextTable


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
    missing: tuple[AbsentRun, ...]
    outdated: tuple[AbsentRun, ...] = ()
    """Evaluated runs that are left out, since their settings, data or code changed."""
    caption: str
    task: Task = Task.MASKS
    """Task that the APs measure."""
    layout: TextTable
    """The whitepaper's layout: a row per class, a column per variant; `columns` are the
    variants."""
    boxes: CaptionedLayout | None = None
    """The same with the box APs of mask models; None for models without masks."""

    @property
    def of_boxes(self) -> "ResultTable | None":
        """The table of the box APs of mask models, as a separate table."""
        if self.boxes is None:
            return None
        changes = {**vars(self.boxes), "task": Task.BOXES, "boxes": None}
        return self.model_copy(update=changes)

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
        content = self.model_dump(mode="json", by_alias=True, exclude={"layout", "boxes"})
        content |= {"layout": self.layout.as_json()}
        if self.boxes is not None:
            content["boxes"] = {
                "caption": self.boxes.caption,
                "layout": self.boxes.layout.as_json(),
            }
        return content
