"""License plates of a variant, read by character recognition."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Literal, cast

from identity_attacks.cutouts import PlateCutout
from identity_attacks.evidence import Evidence, NotPossibleError

from workflow_scripts.contracts.regions import Kind
from workflow_scripts.privacy.attack import Attack, Run


class PlateReading(Attack):
    """License plates of a variant, read by character recognition."""

    kind: ClassVar = Kind.LICENSE_PLATE
    measures: ClassVar = (
        "read_whole",
        "characters",
        "any_character",
        "singled_out",
        "outside_of_quad",
    )
    question: ClassVar = "read a license plate, or some of its characters"

    attack: Literal["plate_reading"] = "plate_reading"
    """Read each plate and its surroundings, and compare with the reading of the original."""

    @property
    def modules(self) -> tuple[str, ...]:
        """Python modules that the reader needs."""
        return ("rapidocr_onnxruntime",)

    def prepare(self, originals: Evidence, method: Mapping[str, Any], threads: int) -> Run:
        """See `Attack`."""
        from identity_attacks.plate_readers import OcrReader  # noqa: PLC0415 - SciPy
        from identity_attacks.plates import KnownPlates  # noqa: PLC0415

        def plates(evidence: Evidence) -> Sequence[PlateCutout]:
            return cast("Sequence[PlateCutout]", evidence.frames)

        known = KnownPlates.of(plates(originals), OcrReader(threads))
        if not known.plates:
            raise NotPossibleError("it reads no license plate in the originals")
        return lambda variant: known.success(plates(variant))
