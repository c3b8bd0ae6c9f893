"""Faces after the blur or the pixels of a variant are undone as far as possible."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from identity_attacks.evidence import Evidence, NotPossibleError
from plain_commands.errors import UserError

from workflow_scripts.privacy.attack import Run
from workflow_scripts.privacy.face_attack import FaceAttack

if TYPE_CHECKING:
    from identity_attacks.restoration import Operator

OTHERS = ("blackbox", "diffusion", "drop", "mask_objects", "natural")
"""Methods of this repository that are not undone. Any other, such as a program's images, may be a
blur."""


class Restoration(FaceAttack):
    """Faces after the blur or the pixels of a variant are undone as far as possible."""

    question: ClassVar = "name somebody after undoing the blur or the pixels"

    attack: Literal["restoration"] = "restoration"
    """Undo a blur or a pixelation as far as possible, and compare with the faces of all
    originals."""

    def prepare(self, originals: Evidence, method: Mapping[str, Any], threads: int) -> Run:
        """See `Attack`."""
        from identity_attacks.restoration import restoration  # noqa: PLC0415 - SciPy

        operator = operator_of(method)
        recognizer = self.ready(threads)
        return lambda variant: restoration(originals, variant, recognizer, operator)


def operator_of(method: Mapping[str, Any]) -> "Operator | None":
    """Operation that a method applied to the faces; None if none.

    Args:
        method: all settings of the method.

    Raises:
        NotPossibleError: it is not undone, or what it does is not known.
        UserError: settings are missing.
    """
    from identity_attacks.restoration import (  # noqa: PLC0415 - OpenCV
        BlockMeans,
        GaussianBlur,
        TreatedArea,
    )

    from workflow_scripts.privacy.evidence import AROUND  # noqa: PLC0415 - OpenCV

    name = method.get("method")
    if name == "unmodified":
        return None
    if name in OTHERS:
        raise NotPossibleError(f"it undoes the methods blur and pixelate, and this is {name}")
    if name not in ("blur", "pixelate"):
        raise NotPossibleError(
            f"what the method {name} does to a face is not known, so undoing it was not attempted "
            "(if it is a blur or a pixelation, attack a variant of the method blur or pixelate "
            "with the same strength)"
        )
    if missing := [key for key in ("strength", "margin", "shape") if key not in method]:
        raise UserError(f"--method: the settings of {name} lack {', '.join(missing)}")
    if method["margin"] > AROUND:
        raise NotPossibleError(
            f"with margin {method['margin']:g} the treated area is larger than the cut-out"
        )
    area = TreatedArea(method["margin"], ellipse=method["shape"] != "box")
    if name == "blur":
        return GaussianBlur(method["strength"], area)
    return BlockMeans(method["strength"], area)
