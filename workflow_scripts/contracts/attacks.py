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
"""Smallest width in pixels of an attacked region: below it, attacks fail even on the originals."""
HEADLINES = ("rank_1", "read_whole")
"""Measures that represent an attack's success where only one fits: the first available one
counts."""

NOTHING_LEFT = "every image with an attacked one is left out"
"""Reason why an attack did not run on a variant that drops what could be attacked."""


def none_large_enough(kind: Kind) -> str:
    """Reason why an attack did not run where nothing was detected that could be attacked."""
    return f"no {kind.plural} at least {LEAST_WIDTH[kind]} px wide were detected"


class AttackRun(FilePart):
    """One attack on one variant."""

    title: str
    """Name of the attack, with the tool that it uses."""
    kind: Kind
    question: str
    """What its success reveals, as the end of "Can an attacker …?"."""
    measures: tuple[str, ...]
    """Names of the rates that it measures."""
    success: Success | None = None
    reason: str | None = None
    """Reason why it did not run, as the end of a sentence; None if it ran."""


class AttackedRegions(FilePart):
    """Numbers of regions of one kind: attacked or not."""

    regions: int
    attacked: int
    small: int
    """Too small for any attack: counted as neither success nor failure."""
    not_drawn: int
    """Large enough, and left out of the sample."""
    dropped: int = 0
    """In the sample, but in images that the variant drops."""


class Attacks(FilePart):
    """Content of a success.json."""

    version: Literal[1] = Field(1, alias="schema")
    variant: str
    regions: dict[Kind, AttackedRegions]
    runs: tuple[AttackRun, ...]
    made_with: dict[str, Any] = Field(default_factory=dict)
    """Fingerprint, and the settings of each attack."""

    @field_validator("runs")
    @classmethod
    def _rates_are_shares(cls, runs: tuple[AttackRun, ...]) -> tuple[AttackRun, ...]:
        for run in runs:
            for measure, rate in (run.success.rates if run.success else {}).items():
                values = rate.value, rate.low, rate.high, rate.chance
                if not all(0 <= value <= 1 for value in values):  # this also refuses NaN
                    raise ValueError(
                        f"{run.title}, {measure}: {values} are not all between 0 and 1"
                    )
        return runs

    def write(self, path: Path) -> None:
        """Write the file, atomically."""
        write_json(path, self.model_dump(mode="json", by_alias=True))


def headline(success: Success | None) -> str | None:
    """The measure that represents an attack's success."""
    rates = success.rates if success else ()
    return next((measure for measure in HEADLINES if measure in rates), None)


class JudgedAttack(FilePart):
    """One attack on one variant, and its success on the originals."""

    variant: str
    run: AttackRun
    originals: Success | None
    """None if the attack did not run on the originals."""
    judgement: Judgement | None
    """None if the attack did not run on the originals or on the variant."""
