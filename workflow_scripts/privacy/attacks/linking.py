"""The same person in two anonymized pictures."""

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from identity_attacks.evidence import Evidence, NotPossibleError

from workflow_scripts.privacy.attack import Run
from workflow_scripts.privacy.face_attack import FaceAttack


class Linking(FaceAttack):
    """The same person in two anonymized pictures."""

    needs_pictures: ClassVar = True
    question: ClassVar = "find an anonymized person again in another anonymized picture"

    attack: Literal["linking"] = "linking"
    """Find the same anonymized person in two pictures."""

    def prepare(self, originals: Evidence, method: Mapping[str, Any], threads: int) -> Run:
        """See `Attack`."""
        if method.get("identity") == "track":
            # The attacker's pictures have no track, so they would get other faces, and linking
            # would seem hard.
            raise NotPossibleError(
                "with identity: track, the images of a track show one new face and are linked on "
                "purpose, and the attacker's pictures belong to no track"
            )
        from identity_attacks.linking import linking  # noqa: PLC0415 - SciPy

        recognizer = self.ready(threads)
        return lambda variant: linking(variant, recognizer)
