"""A map from anonymized to original faces, learned from other people."""

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from identity_attacks.evidence import Evidence

from workflow_scripts.privacy.attack import Run
from workflow_scripts.privacy.face_attack import FaceAttack


class TrainedAttacker(FaceAttack):
    """A map from anonymized to original faces, learned from other people."""

    question: ClassVar = "name somebody after learning how the method changes the faces of others"

    attack: Literal["trained_attacker"] = "trained_attacker"
    """Learn from half of the people how the method changes faces, and recognise the other half."""

    def prepare(self, originals: Evidence, method: Mapping[str, Any], threads: int) -> Run:
        """See `Attack`."""
        from identity_attacks.learned import trained_attacker  # noqa: PLC0415 - SciPy

        recognizer = self.ready(threads)
        return lambda variant: trained_attacker(originals, variant, recognizer)
