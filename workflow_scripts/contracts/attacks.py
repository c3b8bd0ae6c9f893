"""`privacy/attacks/{variant}/success.json`: how often each attack succeeds on a variant.

Rates are fractions of 1. The file of `unmodified` has the attacks' success on the originals.
"""

from pathlib import Path
from typing import Any, Literal

from identity_attacks.rates import Judgement, Success
from plain_commands.files import write_json
from plain_commands.section import FilePart
from pydantic import Field, field_validator

from workflow_scripts.contracts.regions import Kind

LEAST_WIDTH = {Kind.FACE: 20, Kind.LICENSE_PLATE: 40}
"""Least width in pixels of a region that is attacked: in originals below it, nobody is recognised
and nothing is read."""
HEADLINES = ("rank_1", "read_whole")
"""The measures that stand for an attack's success where there is room for one: the first that it
has."""

NOTHING_LEFT = "every image with one is left out"
"""Reason why an attack did not run on a variant that drops what could be attacked."""


def none_large_enough(kind: Kind) -> str:
    """Reason why an attack did not run on a data set without anything that could be attacked."""
    return f"no {kind.plural} are {LEAST_WIDTH[kind]} px wide or more"


class AttackRun(FilePart):
    """One attack on one variant."""

    title: str
    """Name of the attack, with the tool that it uses."""
    kind: Kind
    question: str
    """What its success tells an attacker, as the end of "Can an attacker …?"."""
    measures: tuple[str, ...]
    """Names of the rates that it is made to measure."""
    success: Success | None = None
    reason: str | None = None
    """Why it did not run, as the end of a sentence; None: it ran."""


class AttackedRegions(FilePart):
    """Regions of one kind: which of them were attacked."""

    regions: int
    attacked: int
    small: int
    """Too small for any attack: neither a success nor a failure."""
    not_drawn: int
    """Large enough, and left out of the sample."""
    dropped: int = 0
    """In the sample, and in images that the variant leaves out."""


class Attacks(FilePart):
    """Content of a success.json."""

    version: Literal[1] = Field(1, alias="schema")
    variant: str
    regions: dict[Kind, AttackedRegions]
    runs: tuple[AttackRun, ...]
    made_with: dict[str, Any] = Field(default_factory=dict)
    """Fingerprint, and settings of each attack."""

    @field_validator("runs")
    @classmethod
    def _rates_are_shares(cls, runs: tuple[AttackRun, ...]) -> tuple[AttackRun, ...]:
        for run in runs:
            for measure, rate in (run.success.rates if run.success else {}).items():
                values = rate.value, rate.low, rate.high, rate.chance
                if not all(0 <= value <= 1 for value in values):  # nor are numbers that are none
                    raise ValueError(f"{run.title}, {measure}: {values} are not all from 0 to 1")
        return runs

    def write(self, path: Path) -> None:
        """Write the file, atomically."""
        write_json(path, self.model_dump(mode="json", by_alias=True))


def headline(success: Success | None) -> str | None:
    """The measure that stands for an attack's success."""
    rates = success.rates if success else ()
    return next((measure for measure in HEADLINES if measure in rates), None)


class JudgedAttack(FilePart):
    """One attack on one variant, beside its success on the originals."""

    variant: str
    run: AttackRun
    originals: Success | None
    """None where the attack did not run on the originals."""
    judgement: Judgement | None
    """None where the attack did not run on the originals or on the variant."""
