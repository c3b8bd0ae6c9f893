"""Photographed faces from which new ones are mixed: selection and alignment."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

import cv2
import numpy as np

from .donors import Donors, quantized
from .grid import blurred
from .parts import DENSITY, FacePart, details_of, grey_of, inner, masks, parts, plane
from .suitability import centred, correlation, reason_against, reasons_against_parts, spread
from .unwrap import UnwrappedFace

_FRONTAL = 0.3, 0.55
"""Largest yaw (radians) and least resolution (samples of the plane) of faces in the mean."""
_LIKE_THE_MEAN = 0.6
"""Correlation with the mean of all faces from which a face counts in the final mean."""
_SAME = 0.95
"""Correlation of two faces, mirrored or not, from which they are of the same photograph."""
_STRENGTHENED = 2.0
"""Largest factor by which a part is made stronger or weaker."""
_MOST_MOVED, _MOST_SHAPED = 0.9, 0.35
"""Largest shift (units) and change of shape in the alignment of a part to the mean."""


@dataclass(frozen=True)
class LeftOut:
    """Numbers of what donors do not include, by reason."""

    faces: Counter[str] = field(default_factory=Counter)
    """Faces of which nothing is used."""
    parts: Counter[str] = field(default_factory=Counter)
    """Parts of the other faces."""


def donors_of(people: Sequence[Sequence[UnwrappedFace]]) -> tuple[Donors, LeftOut]:
    """Faces from which new ones can be mixed, and what is left out.

    Each part is aligned to the mean of all faces, so that parts of several people fit. A photograph
    that several people have is used for the first of them. Of a face with a beard or closed eyes,
    the other parts are used.

    Args:
        people: the faces of each person.
    """
    faces = [(person, face) for person, some in enumerate(people) for face in some]
    mean = _mean_of([face for _, face in faces])
    left_out = LeftOut()
    chosen = []
    for person, face in faces:
        if reason := reason_against(face):
            left_out.faces[reason] += 1
            continue
        placed = _in_place(face.texture, details_of(mean))
        reasons = reasons_against_parts(face, placed, mean)
        if None in reasons:
            chosen.append((person, face, placed, reasons))
        else:
            left_out.faces["no usable part"] += 1
    copies = _copies([(person, placed) for person, _, placed, _ in chosen])
    chosen = [one for one, is_copy in zip(chosen, copies, strict=True) if not is_copy]
    if number := sum(copies):
        left_out.faces["copies of another photograph"] = number
    for _, _, _, reasons in chosen:
        left_out.parts.update(filter(None, reasons))
    usable = [[reason is None for reason in reasons] for _, _, _, reasons in chosen]
    textures = _equally_strong([placed for _, _, placed, _ in chosen], usable)
    donors = Donors(
        np.array([quantized(one) for one in textures], np.uint8).reshape(-1, *plane().shape, 3),
        np.array([(face.yaw, face.pitch) for _, face, _, _ in chosen], np.float32).reshape(-1, 2),
        np.array([face.unit for _, face, _, _ in chosen], np.float32),
        np.array([face.traits for _, face, _, _ in chosen], bool).reshape(-1, 2),
        np.array([person for person, _, _, _ in chosen], np.int32),
        np.array(usable, bool).reshape(-1, len(parts())),
    )
    return donors, left_out


def _equally_strong(
    textures: Sequence[np.ndarray], usable: Sequence[Sequence[bool]]
) -> list[np.ndarray]:
    """Textures whose parts have the median contrast, where neither make-up nor haze shows.

    Args:
        textures: (height, width, 3) each.
        usable: the usable parts of each; the others have no influence.
    """
    if not textures:
        return []
    found = np.array([
        [spread(grey_of(one), part.support) for part in parts()] for one in textures
    ])  # fmt: skip
    usual = np.ma.median(np.ma.array(found, mask=np.logical_not(usable)), axis=0).filled(0)
    gains = (usual / np.maximum(found, 1e-6)).clip(1 / _STRENGTHENED, _STRENGTHENED)
    return [
        one * (masks()[-1] + np.tensordot(gain, masks()[:-1], axes=1))[..., None].astype(np.float32)
        for one, gain in zip(textures, gains, strict=True)
    ]


def _copies(faces: Sequence[tuple[int, np.ndarray]]) -> list[bool]:
    """Whether each face is of the same photograph as an earlier one, of somebody else.

    Copies of one photograph would count as several people, and a new face be that of one.

    Args:
        faces: person and texture, (height, width, 3), of each face.
    """
    every = np.s_[::2, ::2]  # samples are finer than the correlation needs
    weights = inner()[every]
    root = np.sqrt(weights)
    people = np.array([person for person, _ in faces])
    codes = np.empty((len(faces), weights.size), np.float32)
    copies = np.zeros(len(faces), bool)
    for number, (person, texture) in enumerate(faces):
        grey = grey_of(texture)[every]
        both = np.array([(centred(one, weights) * root).ravel() for one in (grey, grey[:, ::-1])])
        both /= np.maximum(np.linalg.norm(both, axis=1, keepdims=True), 1e-6)
        codes[number] = both[0]
        others = ~copies[:number] & (people[:number] != person)
        copies[number] = ((codes[:number] @ both.T > _SAME).any(axis=1) & others).any()
    return copies.tolist()


def _mean_of(faces: Sequence[UnwrappedFace]) -> np.ndarray:
    """Brightness of the mean of all frontal faces, (height, width)."""
    yaw, least = _FRONTAL
    seen = [
        grey_of(one.texture) for one in faces if abs(one.yaw) < yaw and one.unit > least * DENSITY
    ]
    seen = seen or [np.zeros(plane().shape, np.float32)]
    mean = _symmetrical(np.mean(seen, axis=0))
    # Without faces that do not resemble the first mean.
    features = (1 - masks()[-1]) * inner()
    alike = [one for one in seen if correlation(one, mean, features) > _LIKE_THE_MEAN]
    return _symmetrical(np.mean(alike, axis=0)) if alike else mean


def _symmetrical(plane: np.ndarray) -> np.ndarray:
    return (plane + plane[:, ::-1]) / 2


def _in_place(texture: np.ndarray, mean: np.ndarray) -> np.ndarray:
    """Texture with each part at its position in the mean.

    Args:
        texture: (height, width, 3).
        mean: details of the mean's brightness, (height, width).
    """
    own = details_of(grey_of(texture))
    moved = [_moved(texture, own, mean, part) for part in parts()]
    return sum(mask[..., None] * one for mask, one in zip(masks(), [*moved, texture], strict=True))


def _moved(texture: np.ndarray, own: np.ndarray, mean: np.ndarray, part: FacePart) -> np.ndarray:
    """Texture with one part aligned to the mean; unchanged if no alignment is found."""
    window = part.window
    inside = (part.support[window] > 0.1).astype(np.uint8)
    target, source = (
        np.ascontiguousarray(blurred(one, 0.12 * DENSITY)[window]) for one in (mean, own)
    )
    until = cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_COUNT, 25, 1e-3
    try:
        _, found = cv2.findTransformECC(
            target, source, np.eye(2, 3, dtype=np.float32), cv2.MOTION_AFFINE, until, inside, 1
        )
    except cv2.error:  # no convergence
        return texture
    shape, shift = found[:, :2], found[:, 2]
    shaped = np.abs(shape - np.eye(2)).max()
    if np.abs(shift).max() > _MOST_MOVED * DENSITY or shaped > _MOST_SHAPED:
        return texture
    corner = np.array([window[1].start, window[0].start], np.float32)
    whole = np.column_stack([shape, shift + corner - shape @ corner])
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    size = texture.shape[1::-1]
    return cv2.warpAffine(texture, whole, size, flags=flags, borderMode=cv2.BORDER_REPLICATE)
