"""Face recognition networks, which map aligned faces (`alignment`) to vectors."""

import hashlib
import importlib.util
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Protocol

import cv2
import numpy as np
from pii_measures import FaceRegion
from pii_measures.faces import landmarks_of
from scipy.spatial.distance import cdist

from .alignment import (
    ARCFACE_SIDE,
    DLIB_PADDING,
    DLIB_POINTS,
    DLIB_SIDE,
    aligned,
    arcface_picture,
    within_circle,
)
from .cutouts import FaceCutout
from .evidence import NotPossibleError

BATCH = 32
"""Number of faces per batch of a network."""


class Recognizer(Protocol):
    """Protocol of a face recognition network, usable from several threads."""

    @property
    def name(self) -> str:
        """Name, unique among the networks in use."""

    @property
    def sha256(self) -> str:
        """SHA-256 of the file of the weights, hexadecimal."""

    @property
    def threshold(self) -> float | None:
        """Similarity from which its authors consider two faces the same person; None if unknown."""

    def vectors(self, cutouts: Sequence[FaceCutout]) -> np.ndarray:
        """Faces as vectors, (n, d) float32; NaN for faces whose box is empty."""

    def similarity(self, a: np.ndarray, b: np.ndarray) -> np.ndarray:
        """Similarity of all pairs of vectors (n, d) and (m, d): (n, m) float32.

        Larger values mean more similar faces; NaN for rows of NaN.
        """


class _Cosine:
    """Vectors of length 1, compared by their cosine."""

    @staticmethod
    def similarity(a: np.ndarray, b: np.ndarray) -> np.ndarray:
        """Cosine of all pairs: (n, m) float32, -1 to 1; see `Recognizer`."""
        cosine: np.ndarray = a @ b.T
        return cosine


class Dlib:
    """dlib's ResNet, whose weights are part of the package `face-recognition-models` (CC0).

    Its vectors have 128 numbers; similarity is minus their Euclidean distance. A face without
    landmarks is aligned by dlib's shape predictor, from its box. Threads that share an instance
    take turns.

    Source: King, "High Quality Face Recognition with Deep Metric Learning" (2017),
    http://blog.dlib.net/2017/02/high-quality-face-recognition-with-deep.html.

    Raises:
        NotPossibleError: the module `dlib` or the weights are not installed.
    """

    name = "dlib"
    threshold = -0.6

    def __init__(self) -> None:
        if importlib.util.find_spec("dlib") is None:
            raise _not_installed("dlib")
        import dlib  # noqa: PLC0415 - optional

        network = _dlib_file("dlib_face_recognition_resnet_model_v1.dat")
        predictor = _dlib_file("shape_predictor_5_face_landmarks.dat")
        self.sha256 = hashlib.sha256(network.read_bytes()).hexdigest()
        self._dlib = dlib
        self._network = dlib.face_recognition_model_v1(str(network))
        self._predictor = dlib.shape_predictor(str(predictor))
        self._lock = threading.Lock()  # the network stores its activations

    def vectors(self, cutouts: Sequence[FaceCutout]) -> np.ndarray:
        """Faces as vectors, (n, 128) float32; see `Recognizer`."""
        vectors = np.full((len(cutouts), 128), np.nan, np.float32)
        for rows in _batches(_with_face(cutouts), BATCH):
            chips = [self._chip(cutouts[row]) for row in rows]
            with self._lock:
                vectors[rows] = np.array(self._network.compute_face_descriptor(chips))
        return vectors

    def _chip(self, cutout: FaceCutout) -> np.ndarray:
        face = cutout.place
        if (points := landmarks_of(face)) is not None:
            return aligned(cutout.pixels, face, points, DLIB_POINTS, DLIB_SIDE)
        x, y, reach = *_centre(face), (face.width + face.height) / 4  # it was trained on squares
        square = (round(value) for value in (x - reach, y - reach, x + reach, y + reach))
        image = np.ascontiguousarray(cutout.pixels)
        shape = self._predictor(image, self._dlib.rectangle(*square))
        return within_circle(self._dlib.get_face_chip(image, shape, DLIB_SIDE, DLIB_PADDING))

    @staticmethod
    def similarity(a: np.ndarray, b: np.ndarray) -> np.ndarray:
        """Minus the distance of all pairs: (n, m) float32, at most 0; see `Recognizer`."""
        return -cdist(a, b).astype(np.float32)


class SFace(_Cosine):
    """SFace, or another network for `cv2.FaceRecognizerSF`.

    A face without landmarks is aligned, less exactly, by its box.

    Source: Zhong et al., "SFace: Sigmoid-constrained hypersphere loss for robust face recognition"
    (2021); weights and threshold: https://github.com/opencv/opencv_zoo.

    Args:
        content: an ONNX file such as SFace's.

    Raises:
        ValueError: it is not such a network.
    """

    name = "sface"
    threshold = 0.363

    def __init__(self, content: bytes) -> None:
        self.sha256 = hashlib.sha256(content).hexdigest()
        self._content = np.frombuffer(content, np.uint8)
        self._local = threading.local()  # an instance is not thread-safe
        side = ARCFACE_SIDE
        try:
            trial = np.array([self._network().feature(one) for one in _trial(side)])
        except cv2.error as error:
            reason = " ".join(str(error.err).split())[:120]
            raise ValueError(
                f"not a face recognition network for FaceRecognizerSF ({reason})"
            ) from None
        if trial.shape[:-1] != (2, 1):
            raise ValueError(
                f"its output for a face has the shape {trial.shape[1:]}; one vector is expected"
            )
        self._size = trial.shape[-1]
        _check_vectors(trial[:, 0])

    def vectors(self, cutouts: Sequence[FaceCutout]) -> np.ndarray:
        """Faces as vectors of length 1, (n, d) float32; see `Recognizer`."""
        vectors = np.full((len(cutouts), self._size), np.nan, np.float32)
        for row in _with_face(cutouts):
            bgr = arcface_picture(cutouts[row])[..., ::-1].copy()
            vectors[row] = self._network().feature(bgr).ravel()
        return _of_length_1(vectors)

    def _network(self) -> cv2.FaceRecognizerSF:
        if not hasattr(self._local, "network"):
            self._local.network = cv2.FaceRecognizerSF.create(
                "onnx", self._content, np.zeros(0, np.uint8)
            )
        return self._local.network


class ArcFace(_Cosine):
    """Network with ArcFace's interface, run by onnxruntime on the CPU.

    Its input is float32 (1 or n, 3, 112, 112) RGB, scaled to -1 to 1; its output is one vector per
    face. A face without landmarks is aligned, less exactly, by its box.

    Source: Deng et al., "ArcFace: Additive Angular Margin Loss for Deep Face Recognition" (2019).

    Args:
        content: an ONNX file.
        threads: CPU threads that it may use.

    Raises:
        NotPossibleError: `onnxruntime` is not installed.
        ValueError: it is not such a network.
    """

    name = "arcface"
    threshold = None

    def __init__(self, content: bytes, threads: int = 1) -> None:
        if importlib.util.find_spec("onnxruntime") is None:
            raise _not_installed("onnxruntime")
        import onnxruntime  # noqa: PLC0415 - optional, and slow to import

        self.sha256 = hashlib.sha256(content).hexdigest()
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.log_severity_level = 4
        try:
            self._session = onnxruntime.InferenceSession(content, options, ["CPUExecutionProvider"])
        except Exception as error:  # onnxruntime has no common base class of its errors
            raise ValueError(f"not an ONNX file that can be run ({_first_line(error)})") from None
        inputs, outputs = self._session.get_inputs(), self._session.get_outputs()
        if len(inputs) != 1 or len(outputs) != 1:
            raise ValueError(
                f"it has {len(inputs)} inputs and {len(outputs)} outputs; one each is expected"
            )
        (one,) = inputs
        first, *rest = one.shape or [0]
        if one.type != "tensor(float)" or rest != [3, ARCFACE_SIDE, ARCFACE_SIDE]:
            raise ValueError(
                f"its input is {one.type} {one.shape}; tensor(float) [1 or n, 3, {ARCFACE_SIDE}, "
                f"{ARCFACE_SIDE}] is expected"
            )
        if isinstance(first, int) and first != 1:
            raise ValueError(f"it takes {first} faces at once; 1 or any number is expected")
        self._input = one.name
        self._batch = 1 if first == 1 else BATCH
        trial, once = _scaled(_trial(ARCFACE_SIDE)), min(self._batch, 2)
        try:
            found = [self._run(trial[rows]) for rows in _batches([0, 1], once)]
        except Exception as error:
            raise ValueError(f"it fails on a picture ({_first_line(error)})") from None
        if found[0].ndim != 2 or len(found[0]) != once:
            raise ValueError(
                f"its output for {once} faces has the shape {found[0].shape}; one vector a face is "
                "expected"
            )
        vectors = np.concatenate(found)
        self._size = vectors.shape[1]
        _check_vectors(vectors)

    def vectors(self, cutouts: Sequence[FaceCutout]) -> np.ndarray:
        """Faces as vectors of length 1, (n, d) float32; see `Recognizer`."""
        vectors = np.full((len(cutouts), self._size), np.nan, np.float32)
        for rows in _batches(_with_face(cutouts), self._batch):
            pictures = np.stack([arcface_picture(cutouts[row]) for row in rows])
            vectors[rows] = self._run(_scaled(pictures))
        return _of_length_1(vectors)

    def _run(self, pictures: np.ndarray) -> np.ndarray:
        return np.asarray(self._session.run(None, {self._input: pictures})[0])


def _dlib_file(name: str) -> Path:
    """File of weights of `face_recognition_models`, located without importing the package."""
    package = importlib.util.find_spec("face_recognition_models")
    for folder in (package and package.submodule_search_locations) or ():
        if (file := Path(folder) / "models" / name).is_file():
            return file
    raise _not_installed("face_recognition_models")


def _not_installed(module: str) -> NotPossibleError:
    packages = "onnxruntime" if module == "onnxruntime" else "dlib-bin face-recognition-models"
    return NotPossibleError(f"the module {module} is not installed (pip install {packages})")


def _first_line(error: Exception) -> str:
    return str(error).strip().split("\n")[0]


def _trial(side: int) -> np.ndarray:
    """Two pictures to try a network on, one black and one noisy, (2, side, side, 3) uint8."""
    noise = np.random.default_rng(0).integers(0, 256, (side, side, 3), np.uint8)
    return np.stack([np.zeros_like(noise), noise])


def _scaled(pictures: np.ndarray) -> np.ndarray:
    """Input of ArcFace, (n, 3, h, w) float32 from -1 to 1, for pictures (n, h, w, 3) uint8."""
    scaled: np.ndarray = (pictures.transpose(0, 3, 1, 2).astype(np.float32) - 127.5) / 127.5
    return scaled


def _check_vectors(vectors: np.ndarray) -> None:
    """Check that a network's vectors of two different pictures, (2, d), differ."""
    if vectors.shape[1] < 2:
        raise ValueError(f"it gives {vectors.shape[1]} number per face; a vector is expected")
    if not np.isfinite(vectors).all():
        raise ValueError("it gives numbers that are not finite")
    if np.array_equal(*vectors):
        raise ValueError("it gives the same vector for different pictures")


def _with_face(cutouts: Sequence[FaceCutout]) -> list[int]:
    """Indices of the cut-outs whose box has an area within the pixels."""
    rows = []
    for row, cutout in enumerate(cutouts):
        height, width = cutout.pixels.shape[:2]
        box = np.array([cutout.place.x0, cutout.place.y0, cutout.place.x1, cutout.place.y1])
        seen = np.clip(box, 0, (width, height) * 2)
        if np.isfinite(box).all() and seen[2] > seen[0] and seen[3] > seen[1]:
            rows.append(row)
    return rows


def _batches(rows: list[int], size: int) -> Iterator[list[int]]:
    for start in range(0, len(rows), size):
        yield rows[start : start + size]


def _centre(face: FaceRegion) -> tuple[float, float]:
    return (face.x0 + face.x1) / 2, (face.y0 + face.y1) / 2


def _of_length_1(vectors: np.ndarray) -> np.ndarray:
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    with np.errstate(invalid="ignore"):
        return np.where(lengths > 1e-9, vectors / np.maximum(lengths, 1e-9), np.float32(np.nan))
