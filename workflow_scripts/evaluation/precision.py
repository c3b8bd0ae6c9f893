"""Average precision of some objects, as `eval.json` has it."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Precision:
    """How well they are found: fractions of 1, None where there is no object to find."""

    ap: float | None
    """Mean over the IoU thresholds."""
    ap50: float | None
    instances: int
    """Objects to find."""

    def as_json(self) -> dict[str, Any]:
        """The entry of `eval.json`."""
        return {"AP": self.ap, "AP50": self.ap50, "instances": self.instances}
