"""Face embeddings of a recognition network."""

import threading
from pathlib import Path

import cv2
import numpy as np
from plain_commands.errors import UserError
from plain_commands.files import read_bytes, sha256_of

from workflow_scripts.contracts.regions import Region


class FaceEmbedding:
    """`cv2.FaceRecognizerSF` with a file of weights, for use by several threads.

    Args:
        weights: an ONNX file such as SFace's.

    Raises:
        UserError: the file is missing, or is no such network.
    """

    def __init__(self, weights: Path) -> None:
        content = read_bytes(weights)
        self.sha256 = sha256_of(content)
        self._content = np.frombuffer(content, np.uint8)
        self._local = threading.local()  # an instance is not thread-safe
        try:
            size = self._recognizer().feature(np.zeros((112, 112, 3), np.uint8)).size
        except cv2.error as error:
            reason = " ".join(str(error.err).split())[:120]
            raise UserError(
                f"{weights}: not a face recognition network for FaceRecognizerSF ({reason})"
            ) from None
        if size < 2:
            raise UserError(f"{weights}: it gives {size} number per face; a vector is expected")

    def of(self, image: np.ndarray, region: Region) -> np.ndarray | None:
        """A face as a vector of length 1, float32; None without landmarks.

        Args:
            image: (h, w, 3) uint8 RGB.
            region: a face of the original.
        """
        if region.landmarks is None or not np.isfinite(region.landmarks).all():
            return None
        # OpenCV names the eyes from the person's side: its order of points is ours.
        box = region.x0, region.y0, region.width, region.height
        row = np.array([*box, *np.ravel(region.landmarks), region.score], np.float32)
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
