"""Trained attacker, who learns from other people's faces how a treatment changes faces.

The people are split into two halves. On one, a linear map is learned from features of a treated
face to the recogniser's vector of the original. The faces of the other half are predicted and
looked up among the originals of that half. Then the halves are swapped. No person is in both.

The features are the recogniser's vector and a small aligned picture, since recognisers fail on
blurred faces whose pixels still distinguish people.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from pii_measures import face_crop

from .cutouts import FaceCutout
from .evidence import Evidence, NotPossibleError
from .rates import Success
from .recognizers import Recognizer
from .retrieval import ShowsPerson, retrieve

FEWEST_PEOPLE = 20
"""Minimum number of people, half of them to learn from; with fewer, a failure is no evidence."""
FOLDS = 5
"""Number of folds of the cross-validation that chooses the penalty."""
PENALTIES = 10.0 ** np.arange(-5, 2)
"""Candidates of the ridge penalty, relative to the mean squared length of the inputs."""
SEED = 0
"""Seed of the split into halves and folds."""


def trained_attacker(originals: Evidence, variant: Evidence, recognizer: Recognizer) -> Success:
    """Faces of a variant, predicted and looked up among the originals; see `retrieve`.

    Args:
        originals: untreated faces; only their `frames` are used.
        variant: treated faces; its `pictures`, if any, are also learned from.
        recognizer: network that computes the vectors.

    Raises:
        NotPossibleError: there are fewer than `FEWEST_PEOPLE` people.
    """
    known = originals.frame_vectors(recognizer)
    shown = [*variant.frames, *variant.pictures]
    vectors = [variant.frame_vectors(recognizer)]
    if variant.pictures:
        vectors.append(variant.picture_vectors(recognizer))
    inputs = face_inputs(shown, np.concatenate(vectors))
    targets = _targets(shown, originals.frames, known)
    predicted, half = predict_halves(inputs, targets, [face.person for face in shown])
    frames = len(variant.frames)
    half_of = {face.person: number for face, number in zip(shown, half, strict=True)}
    gallery_half = np.array([half_of.get(face.person, -1) for face in originals.frames])
    centre = np.nanmean(known, axis=0)  # predictions shrink towards it: only directions count
    scores = _cosine(predicted[:frames] - centre, known - centre)
    scores[half[:frames, None] != gallery_half] = np.nan
    return retrieve(scores, variant.frames, originals.frames)


def face_inputs(faces: Sequence[FaceCutout], vectors: np.ndarray) -> np.ndarray:
    """Inputs of the linear map: the vector and the aligned grey picture, with equal weight.

    Args:
        faces: n treated faces.
        vectors: vectors of the recogniser, (n, d); rows of NaN stay NaN.

    Returns:
        (n, d + 1024) float64.
    """
    crops = np.array([face_crop(face.pixels, face.place).ravel() for face in faces], np.float64)
    return np.concatenate([_of_unit_variance(vectors), _of_unit_variance(crops)], axis=1)


def predict_halves(
    inputs: np.ndarray, targets: np.ndarray, people: Sequence[str]
) -> tuple[np.ndarray, np.ndarray]:
    """Targets of each half of the people, predicted by ridge regression on the other half.

    Args:
        inputs: (n, p); rows of NaN are left out.
        targets: (n, d); rows of NaN are predicted but not learned from.
        people: person of each row.

    Returns:
        Predictions (n, d), NaN for rows without input, and the half of each row's person (n,), 0
        or 1.

    Raises:
        NotPossibleError: there are fewer than `FEWEST_PEOPLE` people.
    """
    usable = np.isfinite(inputs).all(axis=1)
    learned = usable & np.isfinite(targets).all(axis=1)
    _, numbers = np.unique(np.asarray(people), return_inverse=True)
    number_of_people = len(np.unique(numbers[learned]))
    if number_of_people < FEWEST_PEOPLE:
        raise NotPossibleError(
            f"{number_of_people} people are too few to learn from one half of them and test on "
            f"the other; it takes {FEWEST_PEOPLE}"
        )
    parts = _shuffled_parts(numbers, learned)
    half = parts % 2
    predicted = np.full(targets.shape, np.nan)
    for test in (0, 1):
        train = learned & (half != test)
        rows = usable & (half == test)
        fitted = _Ridge.fitted(inputs[train], targets[train], parts[train] // 2 % FOLDS)
        predicted[rows] = fitted.predict(inputs[rows])
    return predicted, half


def _shuffled_parts(numbers: np.ndarray, learned: np.ndarray) -> np.ndarray:
    """Rank (n,) of each row's person in a random order, with people to learn from first."""
    people = np.arange(numbers.max() + 1)
    order = np.random.default_rng(SEED).permutation(people)
    has_target = np.zeros(len(people), bool)
    has_target[numbers[learned]] = True
    order = np.concatenate([order[has_target[order]], order[~has_target[order]]])
    places = np.empty(len(people), int)
    places[order] = people
    return places[numbers]


@dataclass(frozen=True, eq=False)
class _Ridge:
    """Linear map by ridge regression, in its dual form, since there are more inputs than faces."""

    inputs: np.ndarray
    """Centred training inputs, (n, p)."""
    weights: np.ndarray
    """Dual weights, (n, d)."""
    input_mean: np.ndarray
    target_mean: np.ndarray

    @classmethod
    def fitted(cls, inputs: np.ndarray, targets: np.ndarray, folds: np.ndarray) -> "_Ridge":
        """Map with the penalty of least squared error in cross-validation by folds (n,)."""
        errors = np.zeros(len(PENALTIES))
        for fold in np.unique(folds):
            rest = folds != fold
            for number, ridge in enumerate(cls._path(inputs[rest], targets[rest])):
                errors[number] += np.sum((ridge.predict(inputs[~rest]) - targets[~rest]) ** 2)
        best = int(np.argmin(errors))
        return next(r for number, r in enumerate(cls._path(inputs, targets)) if number == best)

    @classmethod
    def _path(cls, inputs: np.ndarray, targets: np.ndarray) -> Iterator["_Ridge"]:
        """One map per penalty."""
        input_mean, target_mean = inputs.mean(axis=0), targets.mean(axis=0)
        centred = inputs - input_mean
        values, basis = np.linalg.eigh(centred @ centred.T)
        rotated = basis.T @ (targets - target_mean)
        for penalty in PENALTIES * values.sum().clip(1e-12) / len(values):
            weights = basis @ (rotated / (np.maximum(values, 0) + penalty)[:, None])
            yield cls(centred, weights, input_mean, target_mean)

    def predict(self, inputs: np.ndarray) -> np.ndarray:
        """Predicted targets (m, d) for inputs (m, p)."""
        predicted: np.ndarray = (inputs - self.input_mean) @ self.inputs.T @ self.weights
        return predicted + self.target_mean


def _targets(
    shown: Sequence[ShowsPerson], originals: Sequence[ShowsPerson], known: np.ndarray
) -> np.ndarray:
    """Vector of the original of each face's region, or else the mean vector of the person.

    Returns:
        (n, d); NaN for people without a vector.
    """
    by_region: dict[str, np.ndarray] = {}
    by_person: dict[str, list[np.ndarray]] = {}
    for face, vector in zip(originals, known, strict=True):
        if np.isfinite(vector).all():
            by_region[face.region] = vector
            by_person.setdefault(face.person, []).append(vector)
    targets = np.full((len(shown), known.shape[1]), np.nan)
    for row, face in enumerate(shown):
        if face.region in by_region:
            targets[row] = by_region[face.region]
        elif face.person in by_person:
            targets[row] = np.mean(by_person[face.person], axis=0)
    return targets


def _of_unit_variance(values: np.ndarray) -> np.ndarray:
    """Values (n, p), scaled so that the mean squared distance of rows from their mean is 1."""
    finite = values[np.isfinite(values).all(axis=1)].astype(np.float64)
    variance = float(finite.var(axis=0).sum()) if len(finite) else 0.0
    return values / max(variance, 1e-12) ** 0.5


def _cosine(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    a, b = (x / np.maximum(np.linalg.norm(x, axis=1, keepdims=True), 1e-12) for x in (a, b))
    cosine: np.ndarray = a @ b.T
    return cosine
