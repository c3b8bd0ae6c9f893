"""Faces of a variant among other pictures that were treated by the same method."""

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from identity_attacks.evidence import Evidence

from workflow_scripts.privacy.attack import Run
from workflow_scripts.privacy.face_attack import FaceAttack


class InformedRecognition(FaceAttack):
    """Faces of a variant among other pictures that were treated by the same method."""

    needs_pictures: ClassVar = True
    question: ClassVar = "name somebody by treating known pictures in the same way and comparing"

    attack: Literal["informed_recognition"] = "informed_recognition"
    """Compare with other pictures of the people, treated by the same method with different random
    numbers."""

    def prepare(self, originals: Evidence, method: Mapping[str, Any], threads: int) -> Run:
        """See `Attack`."""
        from identity_attacks.recognition import informed_recognition  # noqa: PLC0415 - SciPy

        recognizer = self.ready(threads)
        return lambda variant: informed_recognition(variant, recognizer)
