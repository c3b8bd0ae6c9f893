"""Recognition of a person across two treated pictures.

A method that gives a person the same new face each time creates a pseudonym: the person's identity
is unknown, but everything that the images show about the person can be combined. A different face
each time prevents this.
"""

from collections.abc import Sequence
from enum import StrEnum

import numpy as np

from .evidence import Evidence, NotPossibleError
from .rates import Conclusion, Judgement, Success
from .recognizers import Recognizer
from .retrieval import retrieve


class Linkage(StrEnum):
    """Meaning of the success or failure to find a person in another treated picture."""

    IDENTITY = "linked: the treated faces still show who it is"
    PSEUDONYM = "linked: a person gets the same new face each time, which is a pseudonym"
    LINKED = "linked: whether by a pseudonym or by the person's own face is not decided"
    NOT_LINKED = "not linked: a person gets another face each time"
    UNDECIDED = "undecided"


def linking(variant: Evidence, recognizer: Recognizer) -> Success:
    """Each treated picture, looked up among all other treated pictures; see `retrieve`.

    Args:
        variant: treated faces; its `frames` and `pictures` are combined.
        recognizer: network that compares the faces.

    Raises:
        NotPossibleError: no person is in two pictures.
    """
    faces = [*variant.frames, *variant.pictures]
    if len({face.person for face in faces}) == len(faces):
        raise NotPossibleError("nobody is known to be in two pictures")
    vectors = variant.frame_vectors(recognizer)
    if variant.pictures:
        vectors = np.concatenate([vectors, variant.picture_vectors(recognizer)])
    scores = recognizer.similarity(vectors, vectors).astype(np.float32)
    np.fill_diagonal(scores, np.nan)
    # Exposed regions are reported as frames, since the attacker's pictures are not published.
    frames = {face.person: face for face in variant.frames}
    probes = [*variant.frames, *(frames.get(face.person, face) for face in variant.pictures)]
    return retrieve(scores, probes, faces)


def linkage(linked: Judgement, named: Sequence[Judgement]) -> Linkage:
    """Combined conclusion from the attacks on a variant.

    Args:
        linked: judgement of `linking`.
        named: judgements of attacks that reveal the person's name: recognition, informed
            recognition, the trained attacker, restoration.
    """
    if linked.conclusion is Conclusion.CHANCE:
        return Linkage.NOT_LINKED
    if linked.conclusion is not Conclusion.LEAKS:
        return Linkage.UNDECIDED
    conclusions = {judgement.conclusion for judgement in named}
    if Conclusion.LEAKS in conclusions:
        return Linkage.IDENTITY
    return Linkage.PSEUDONYM if conclusions == {Conclusion.CHANCE} else Linkage.LINKED
