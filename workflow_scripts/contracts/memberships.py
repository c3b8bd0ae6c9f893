"""`privacy/membership/{variant}/seed~{seed}.json`: losses of a run's model on single images.

The images are originals, of the training split and of the validation split, at the size that models
are tested at, without augmentation.
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
    """Of images that the model was trained on, as the variant has them."""
    left_out: tuple[FiniteFloat, ...]
    """Of training images that the variant leaves out."""
    validation: tuple[FiniteFloat, ...]
    made_with: dict[str, Any] = Field(default_factory=dict)
    """Fingerprint of the run, and the most images of each group."""

    def write(self, path: Path) -> None:
        """Write the file, atomically."""
        write_json(path, self.model_dump(mode="json", by_alias=True))
