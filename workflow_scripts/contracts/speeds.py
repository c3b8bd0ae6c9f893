"""`speed.json`: equivalence of models from fast and exact trainings."""

from pathlib import Path
from typing import Literal

from plain_commands.errors import UserError
from plain_commands.files import read_json, write_json
from plain_commands.section import FilePart, validate
from pydantic import Field
from run_equivalence.verdicts import ClassVerdict

HOW = "python -m workflow_scripts speed verify"


class SpeedVerification(FilePart):
    """Content of a speed.json: exact and fast trainings on the same original images."""

    version: Literal[1] = Field(1, alias="schema")
    fingerprint: str
    """Hash of the verified recipe, data set and code."""
    seeds: tuple[int, ...]
    iterations: int
    """Optimizer steps of each run."""
    overall: ClassVerdict
    """Mean AP of the fast runs compared with that of the exact ones."""
    classes: tuple[ClassVerdict, ...]
    seconds: dict[Literal["exact", "fast"], float]
    """Mean time per run, by speed."""
    devices: tuple[str, ...]

    def write(self, path: Path) -> None:
        """Write the file, atomically."""
        write_json(path, self.model_dump(mode="json", by_alias=True))

    @classmethod
    def read(cls, path: Path) -> "SpeedVerification":
        """Read the file.

        Raises:
            UserError: a missing file, invalid JSON, or one line per finding, each with its key.
        """
        found: SpeedVerification = validate(cls, read_json(path), str(path))
        return found

    @property
    def margin(self) -> float | None:
        """Smallest margin within which mean AP was shown to be equivalent, or None."""
        return min((at.margin for at in self.overall.margins if at.verdict.within), default=None)

    @property
    def sentence(self) -> str:
        """The result, in one sentence."""
        counts = (
            f"{len(self.seeds)} seeds of {self.iterations} iterations with each speed, "
            f"{self.seconds['exact'] / self.seconds['fast']:.1f} times as fast on "
            f"{', '.join(self.devices)}"
        )
        if self.overall.difference is not None and self.overall.interval is not None:
            low, high = self.overall.interval
            counts = (
                f"mean AP differs by {self.overall.difference:+.4f}, interval {low:+.4f} to "
                f"{high:+.4f}; {counts}"
            )
        if self.margin is None:
            margins = " or ".join(f"{at.margin:g}" for at in self.overall.margins)
            why = "".join(f"; {note}" for note in self.overall.notes)
            return f"speed: fast is not shown to be equivalent within {margins} ({counts}{why})."
        inside = [
            one.name
            for one in self.classes
            if any(at.verdict.within for at in one.margins if at.margin == self.margin)
        ]
        return (
            f"speed: fast is verified equivalent to exact within {self.margin:g} of mean AP, and "
            f"in {len(inside)} of {len(self.classes)} classes ({counts})."
        )


def note_on(path: Path, fingerprint: str) -> str:
    """Caveat for an experiment that trains with speed: fast.

    Args:
        path: speed.json of the experiment, which may not exist.
        fingerprint: expected hash of the verified recipe, data and code.
    """
    try:
        found = SpeedVerification.read(path)
    except UserError:
        if path.exists():
            return f"Not verified: {path.name} cannot be read; {HOW} makes it again."
        return f"Trained with speed: fast, not verified to be equivalent to exact ({HOW})."
    if found.fingerprint != fingerprint:
        return (
            "Trained with speed: fast, not verified: speed.json is for other settings, data or "
            f"code ({HOW})."
        )
    return f"Trained with speed: fast; {found.sentence}"
