"""Faces of a variant among the faces of all originals."""

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from identity_attacks.evidence import Evidence

from workflow_scripts.privacy.attack import Run
from workflow_scripts.privacy.face_attack import FaceAttack


class Recognition(FaceAttack):
    """Faces of a variant among the faces of all originals."""

    question: ClassVar = "name somebody by comparing the anonymized face with known faces"

    attack: Literal["recognition"] = "recognition"
    """Compare each anonymized face with the faces of all originals."""

    def prepare(self, originals: Evidence, method: Mapping[str, Any], threads: int) -> Run:
        """See `Attack`."""
        from identity_attacks.recognition import recognition  # noqa: PLC0415 - SciPy

        recognizer = self.ready(threads)
        return lambda variant: recognition(originals, variant, recognizer)
