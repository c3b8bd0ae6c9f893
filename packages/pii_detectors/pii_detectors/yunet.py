"""Face detection by YuNet, with five landmarks per face, run by OpenCV.

Source: Wu et al., "YuNet: A Tiny Millisecond-level Face Detector" (2023). The weights have to be
downloaded: `face_detection_yunet_2023mar.onnx` of https://github.com/opencv/opencv_zoo (MIT).
"""

import threading
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from .detections import NO_FACES, FaceDetections, joined
from .errors import DetectorError
from .networks import content_of
from .views import View, around, scale_of_person

CANDIDATES = 5000
"""Largest number of boxes in the non-maximum suppression, as in OpenCV's examples."""
_of_thread = threading.local()
"""Network of each thread. A network stores its input size and crashes if two threads share it."""


@dataclass(frozen=True)
class YuNetSearch:
    """Search for faces with landmarks.

    Attributes:
        weights: the ONNX file.
        sha256: SHA-256 of that file, checked before it is loaded.
        threshold: score above which a face is kept, 0 to 1.
        scale: factor by which the image is resized first.
        max_iou: IoU of two faces above which the one with the lower score is dropped.
    """

    weights: Path
    sha256: str | None = None
    threshold: float = 0.6
    scale: float = 1.0
    max_iou: float = 0.3

    def load(self, threads: int = 1) -> "cv2.FaceDetectorYN":
        """Load the network, configured with these settings.

        Raises:
            DetectorError: its file cannot be used.
        """
        cv2.setNumThreads(threads)  # OpenCV has a single, global number of threads
        network = _network(self.weights, self.sha256)
        network.setScoreThreshold(self.threshold)
        network.setNMSThreshold(self.max_iou)
        return network

    def find(
        self, image: np.ndarray, within: np.ndarray | None = None, threads: int = 1
    ) -> FaceDetections:
        """Find the faces in an image.

        Args:
            image: (h, w, 3) uint8 RGB.
            within: boxes of the persons to search around, (n, 4) xyxy, pixels; None for the whole
                image.
            threads: CPU threads that OpenCV may use.

        Raises:
            DetectorError: the weights cannot be used.
        """
        network = self.load(threads)
        height, width = image.shape[:2]
        if within is None:
            views = [View(0, 0, width, height, self.scale)]
        else:
            views = list(around(within, width, height, self._scale_of_person))
        seen = [NO_FACES]
        for view in views:
            part = view.of(image)
            faces = _faces_in(network, part)
            seen.append(faces[faces.scores > self.threshold].seen_in(view, part.shape, image.shape))
        return joined(seen, self.max_iou)

    def _scale_of_person(self, width: int, height: int) -> float:
        return scale_of_person(width, height) * self.scale


def _faces_in(network: "cv2.FaceDetectorYN", image: np.ndarray) -> FaceDetections:
    """Faces in an image (h, w, 3), uint8 RGB, in its pixels."""
    network.setInputSize(image.shape[1::-1])
    _, rows = network.detect(cv2.cvtColor(image, cv2.COLOR_RGB2BGR))
    # x, y, width, height; x, y of right eye, left eye, nose, right and left corner of the mouth,
    # where right is the person's, so that the landmark on the viewer's left comes first.
    rows = np.zeros((0, 15)) if rows is None else rows.astype(np.float64)
    boxes = np.concatenate((rows[:, :2], rows[:, :2] + rows[:, 2:4]), axis=1)
    return FaceDetections(boxes, rows[:, 14], rows[:, 4:14].reshape(-1, 5, 2))


def _network(path: Path, sha256: str | None) -> "cv2.FaceDetectorYN":
    """Network of this thread, loaded once."""
    if getattr(_of_thread, "file", None) != (path, sha256):
        _of_thread.network = _loaded(path, sha256)
        _of_thread.file = path, sha256
    network: cv2.FaceDetectorYN = _of_thread.network
    return network


def _loaded(path: Path, sha256: str | None) -> "cv2.FaceDetectorYN":
    content = np.frombuffer(content_of(path, sha256), np.uint8)
    nothing = np.zeros(0, np.uint8)
    try:
        network = cv2.FaceDetectorYN.create("onnx", content, nothing, (64, 64), top_k=CANDIDATES)
        _faces_in(network, np.zeros((64, 64, 3), np.uint8))
    except cv2.error as error:
        raise DetectorError(
            f"{path}: not a YuNet face detector that OpenCV can run ({error.err}); "
            "face_detection_yunet_2023mar.onnx is one"
        ) from None
    return network
