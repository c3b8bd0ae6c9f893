"""Faces after the blur or the pixels of a variant are undone as far as possible."""

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from identity_attacks.evidence import Evidence, NotPossibleError

from workflow_scripts.privacy.attack import Run
from workflow_scripts.privacy.face_attack import FaceAttack


class Restoration(FaceAttack):
    """Faces after the blur or the pixels of a variant are undone as far as possible."""

    question: ClassVar = "name somebody after undoing the blur or the pixels"

    attack: Literal["restoration"] = "restoration"
    """Undo a blur or a pixelation as far as possible, and compare with the faces of all
    originals."""

    def prepare(self, originals: Evidence, method: Mapping[str, Any]) -> Run:
        """See `Attack`."""
        from identity_attacks.restoration import restoration  # noqa: PLC0415 - SciPy

        recognizer = self.ready()
        name = method.get("method")
        if name not in ("blur", "pixelate", "unmodified"):
            raise NotPossibleError(f"{name} is no blur or pixelation, which could be undone")
        return lambda variant: restoration(originals, variant, recognizer)
