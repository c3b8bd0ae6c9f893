"""The same person in two anonymized pictures."""

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from identity_attacks.evidence import Evidence

from workflow_scripts.privacy.attack import Run
from workflow_scripts.privacy.face_attack import FaceAttack


class Linking(FaceAttack):
    """The same person in two anonymized pictures."""

    needs_pictures: ClassVar = True
    question: ClassVar = "find an anonymized person again in another anonymized picture"

    attack: Literal["linking"] = "linking"
    """Find the same anonymized person in two pictures."""

    def prepare(self, originals: Evidence, method: Mapping[str, Any]) -> Run:
        """See `Attack`."""
        from identity_attacks.linking import linking  # noqa: PLC0415 - SciPy

        recognizer = self.ready()
        return lambda variant: linking(variant, recognizer)
