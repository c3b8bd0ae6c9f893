"""License plates of a variant among other pictures that were treated by the same method."""

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from identity_attacks.evidence import Evidence

from workflow_scripts.contracts.regions import Kind
from workflow_scripts.privacy.attack import RETRIEVAL, Attack, Run


class PlateMatching(Attack):
    """License plates of a variant among other pictures that were treated by the same method."""

    kind: ClassVar = Kind.LICENSE_PLATE
    measures: ClassVar = RETRIEVAL
    needs_pictures: ClassVar = True
    question: ClassVar = "identify a vehicle by treating pictures of its plate in the same way"

    attack: Literal["plate_matching"] = "plate_matching"
    """Compare each plate with other pictures of the plates, treated by the same method with
    different random numbers, without reading them."""

    def prepare(self, originals: Evidence, method: Mapping[str, Any], threads: int) -> Run:
        """See `Attack`."""
        from identity_attacks.plate_matching import plate_matching  # noqa: PLC0415 - SciPy

        return plate_matching
