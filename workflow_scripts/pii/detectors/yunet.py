"""Faces by YuNet, with five landmarks, run by OpenCV.

Source: Wu et al., "YuNet: A Tiny Millisecond-level Face Detector" (2023). The weights have to be
downloaded: `face_detection_yunet_2023mar.onnx` of https://github.com/opencv/opencv_zoo (MIT).
"""

import functools
from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar, Literal

import cv2
import numpy as np
from pydantic import Field

from workflow_scripts.common.errors import UserError
from workflow_scripts.contracts.regions import Kind, Region
from workflow_scripts.contracts.weights import Weights, checked_bytes
from workflow_scripts.imaging.detection import Detector
from workflow_scripts.imaging.pictures import Picture
from workflow_scripts.imaging.tiling import View, around
from workflow_scripts.pii.faces import Faces, joined, scale_of_person

CANDIDATES = 5000
"""How many boxes are compared with each other at most, as in OpenCV's own examples."""


class YuNet(Detector):
    """Faces, by YuNet."""

    kinds: ClassVar = frozenset({Kind.FACE})

    detector: Literal["yunet"] = "yunet"
    """Find faces with YuNet, through OpenCV's FaceDetectorYN."""
    weights: Weights
    """Its ONNX file."""
    threshold: float = Field(0.6, gt=0, lt=1)
    """Keep faces that score higher; lower finds more, right and wrong."""
    scale: float = Field(1.0, gt=0, le=4)
    """Resize the image by this first: above 1 for faces under 10 pixels, below 1 for speed."""
    max_iou: float = Field(0.3, gt=0, lt=1)
    """Of two faces that overlap more, the one with the lower score is dropped."""

    def check(self, pictures: Sequence[Picture], kind: Kind) -> None:
        """See whether the network can be loaded and run."""
        self._network(1)

    def regions(
        self, picture: Picture, kind: Kind, within: np.ndarray | None = None, threads: int = 1
    ) -> list[Region]:
        network, image, persons = self._network(threads), picture.pixels, within
        height, width = image.shape[:2]
        if persons is None:
            views = [View(0, 0, width, height, self.scale)]
        else:
            views = list(around(persons, width, height, self._scale_of_person))
        seen = []
        for view in views:
            part = view.of(image)
            faces = _faces_in(network, part)
            seen.append(faces[faces.scores > self.threshold].seen_in(view, part.shape, image.shape))
        return joined(seen, self.max_iou).regions(picture)

    def _scale_of_person(self, width: int, height: int) -> float:
        return scale_of_person(width, height) * self.scale

    def _network(self, threads: int) -> "cv2.FaceDetectorYN":
        cv2.setNumThreads(threads)  # OpenCV has one number for all that it does
        network = _network(self.weights.local(), self.weights.sha256)
        network.setScoreThreshold(self.threshold)
        network.setNMSThreshold(self.max_iou)
        return network


def _faces_in(network: "cv2.FaceDetectorYN", image: np.ndarray) -> Faces:
    """The faces of an image (h, w, 3), uint8 RGB, in its pixels."""
    network.setInputSize(image.shape[1::-1])
    _, rows = network.detect(cv2.cvtColor(image, cv2.COLOR_RGB2BGR))
    # x, y, width, height; x, y of right eye, left eye, nose, right and left corner of the mouth,
    # where right is the person's: what the viewer sees on the left comes first, as it has to.
    rows = np.zeros((0, 15)) if rows is None else rows.astype(np.float64)
    boxes = np.concatenate((rows[:, :2], rows[:, :2] + rows[:, 2:4]), axis=1)
    return Faces(boxes, rows[:, 4:14].reshape(-1, 5, 2), rows[:, 14])


@functools.lru_cache(maxsize=1)
def _network(path: Path, sha256: str) -> "cv2.FaceDetectorYN":
    content = np.frombuffer(checked_bytes(path, sha256), np.uint8)
    nothing = np.zeros(0, np.uint8)
    try:
        network = cv2.FaceDetectorYN.create("onnx", content, nothing, (64, 64), top_k=CANDIDATES)
        _faces_in(network, np.zeros((64, 64, 3), np.uint8))
    except cv2.error as error:
        raise UserError(
            f"{path}: not a YuNet face detector that OpenCV can run ({error.err}); "
            "face_detection_yunet_2023mar.onnx is one"
        ) from None
    return network
