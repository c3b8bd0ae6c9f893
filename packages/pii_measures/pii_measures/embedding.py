"""Face embeddings of a recognition network."""

import hashlib
import threading

import cv2
import numpy as np

from .regions import FaceRegion


class FaceEmbedding:
    """`cv2.FaceRecognizerSF` with a file of weights, for use by several threads.

    Args:
        content: an ONNX file such as SFace's.

    Raises:
        ValueError: it is no such network.
    """

    def __init__(self, content: bytes) -> None:
        self.sha256 = hashlib.sha256(content).hexdigest()
        self._content = np.frombuffer(content, np.uint8)
        self._local = threading.local()  # an instance is not thread-safe
        try:
            size = self._recognizer().feature(np.zeros((112, 112, 3), np.uint8)).size
        except cv2.error as error:
            reason = " ".join(str(error.err).split())[:120]
            raise ValueError(
                f"not a face recognition network for FaceRecognizerSF ({reason})"
            ) from None
        if size < 2:
            raise ValueError(f"it gives {size} number per face; a vector is expected")

    def of(self, image: np.ndarray, region: FaceRegion) -> np.ndarray | None:
        """A face as a vector of length 1, float32; None without landmarks.

        Args:
            image: (h, w, 3) uint8 RGB.
            region: with landmarks, by which the face is aligned; the box has no effect.
        """
        if region.landmarks is None or not np.isfinite(region.landmarks).all():
            return None
        # OpenCV names the eyes from the person's side: its order of points is ours.
        box = region.x0, region.y0, region.width, region.height
        row = np.array([*box, *np.ravel(region.landmarks), 1.0], np.float32)
        recognizer = self._recognizer()
        bgr = cv2.cvtColor(image, cv2.COLOR_RGB2BGR)
        vector = recognizer.feature(recognizer.alignCrop(bgr, row[None])).ravel()
        length = float(np.linalg.norm(vector))
        return vector / length if length > 1e-9 else None

    def _recognizer(self) -> cv2.FaceRecognizerSF:
        if not hasattr(self._local, "recognizer"):
            self._local.recognizer = cv2.FaceRecognizerSF.create(
                "onnx", self._content, np.zeros(0, np.uint8)
            )
        return self._local.recognizer
