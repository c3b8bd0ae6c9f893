"""`privacy/membership/{variant}/seed~{seed}.json`: losses of a run's model on single images.

The images are originals of the training and the validation split, at the size of tests, without
augmentation.
"""

from pathlib import Path
from typing import Any, Literal

from plain_commands.files import write_json
from plain_commands.section import FilePart
from pydantic import Field, FiniteFloat


class MembershipLosses(FilePart):
    """Content of the file."""

    version: Literal[1] = Field(1, alias="schema")
    variant: str
    seed: int
    trained: tuple[FiniteFloat, ...]
    """Losses on the originals of images that the model was trained on."""
    left_out: tuple[FiniteFloat, ...]
    """Losses on training images that the variant drops."""
    validation: tuple[FiniteFloat, ...]
    made_with: dict[str, Any] = Field(default_factory=dict)
    """Fingerprint of the run, and maximum number of images per group."""

    def write(self, path: Path) -> None:
        """Write the file, atomically."""
        write_json(path, self.model_dump(mode="json", by_alias=True))
