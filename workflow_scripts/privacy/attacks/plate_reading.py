"""License plates of a variant, read by character recognition."""

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from identity_attacks.evidence import Evidence

from workflow_scripts.contracts.regions import Kind
from workflow_scripts.privacy.attack import Attack, Run


class PlateReading(Attack):
    """License plates of a variant, read by character recognition."""

    kind: ClassVar = Kind.LICENSE_PLATE
    measures: ClassVar = ("read_whole", "characters", "any_character")
    question: ClassVar = "read a license plate, or some of its characters"

    attack: Literal["plate_reading"] = "plate_reading"
    """Read each plate and its surroundings, and compare with what can be read in the original."""

    @property
    def modules(self) -> tuple[str, ...]:
        """Python modules that the reader needs."""
        return ("rapidocr_onnxruntime",)

    def prepare(self, originals: Evidence, method: Mapping[str, Any]) -> Run:
        """See `Attack`."""
        from identity_attacks.plates import plate_reading  # noqa: PLC0415 - SciPy

        return lambda variant: plate_reading(originals, variant)
