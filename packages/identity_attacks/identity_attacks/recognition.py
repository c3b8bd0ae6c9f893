"""Attacks by face recognition: anonymized faces looked up among known ones."""

from .evidence import Evidence
from .rates import Success
from .recognizers import Recognizer
from .retrieval import retrieve


def recognition(originals: Evidence, variant: Evidence, recognizer: Recognizer) -> Success:
    """Faces of a variant, looked up among the faces of the originals; see `retrieve`.

    For the success on the originals, the variant's faces are the attacker's own pictures.

    Args:
        originals: untreated faces; only their `frames` are used.
        variant: treated faces; only its `frames` are used.
        recognizer: network that compares the faces.
    """
    known, seen = originals.frame_vectors(recognizer), variant.frame_vectors(recognizer)
    return retrieve(recognizer.similarity(seen, known), variant.frames, originals.frames)


def informed_recognition(variant: Evidence, recognizer: Recognizer) -> Success:
    """Faces of a variant, looked up among other pictures with the same treatment; see `retrieve`.

    Args:
        variant: treated faces, and the attacker's own `pictures`, treated by the same method with
            other random numbers.
        recognizer: network that compares the faces.
    """
    known, seen = variant.picture_vectors(recognizer), variant.frame_vectors(recognizer)
    return retrieve(recognizer.similarity(seen, known), variant.frames, variant.pictures)
