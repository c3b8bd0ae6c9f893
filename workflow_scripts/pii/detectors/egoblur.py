"""Faces or license plates by EgoBlur, Meta's detectors for anonymization.

Source: Raina et al., "EgoBlur: Responsible Innovation in Aria" (2023). The weights have to be
downloaded from https://www.projectaria.com/tools/egoblur (Apache-2.0): `ego_blur_face.jit` and
`ego_blur_lp.jit`, about 400 MB each. A file takes an image (3, h, w), uint8 BGR, and answers with
boxes (n, 4) in its pixels, labels (n,), scores (n,) and the image's size, without NMS.
"""

import functools
import io
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np
from pydantic import Field

from workflow_scripts.common.errors import UserError
from workflow_scripts.contracts.regions import Kind, Region
from workflow_scripts.contracts.weights import Weights, checked_bytes
from workflow_scripts.imaging.boxes import non_maximum_suppression
from workflow_scripts.imaging.detection import Detector, region_inside
from workflow_scripts.imaging.pictures import Picture
from workflow_scripts.imaging.tiling import View


class EgoBlur(Detector):
    """Faces or license plates, by EgoBlur."""

    detector: Literal["egoblur"] = "egoblur"
    """Find faces or license plates with a detector of EgoBlur, on a GPU where there is one."""
    weights: Weights
    """`ego_blur_face.jit` or `ego_blur_lp.jit`, a TorchScript file."""
    threshold: float = Field(0.9, gt=0, lt=1)
    """Keep what scores higher; lower finds more, right and wrong."""
    scale: float = Field(1.0, gt=0, le=4)
    """Resize the image by this first."""
    max_iou: float = Field(0.3, gt=0, lt=1)
    """Of two regions that overlap more, the one with the lower score is dropped."""

    def check(self, pictures: Sequence[Picture], kind: Kind) -> None:
        """See whether the network can be loaded and run."""
        self._network(1)

    def regions(
        self, picture: Picture, kind: Kind, within: np.ndarray | None = None, threads: int = 1
    ) -> list[Region]:
        view = View(0, 0, picture.record.width, picture.record.height, self.scale)
        part = view.of(picture.pixels)
        boxes, scores = _answer(self._network(threads), part)
        boxes, scores = boxes[scores > self.threshold], scores[scores > self.threshold]
        kept = non_maximum_suppression(boxes, scores, self.max_iou)
        boxes = view.to_image(boxes[kept].reshape(-1, 2, 2), part.shape)
        found = [
            region_inside(picture, kind, score, box.ravel())
            for box, score in zip(boxes, scores[kept], strict=True)
        ]
        return [region for region in found if region is not None]

    def _network(self, threads: int) -> Any:
        return _network(self.weights.local(), self.weights.sha256, threads)


def _answer(network: Any, image: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Boxes (n, 4) in pixels and scores (n,) for an image (h, w, 3), uint8 RGB."""
    import torch  # noqa: PLC0415 - slow to import, and the workflow imports this module

    pixels = np.ascontiguousarray(image[..., ::-1].transpose(2, 0, 1))
    with torch.inference_mode():
        boxes, _, scores, _ = network(torch.from_numpy(pixels).to(_device()))
    boxes, scores = boxes.float().cpu().numpy(), scores.float().cpu().numpy()
    if boxes.shape != (len(scores), 4):
        raise ValueError(f"boxes {boxes.shape}, scores {scores.shape}")
    return boxes.astype(np.float64), scores.astype(np.float64)


def _device() -> str:
    import torch  # noqa: PLC0415

    return "cuda" if torch.cuda.is_available() else "cpu"


@functools.lru_cache(maxsize=2)
def _network(path: Path, sha256: str, threads: int) -> Any:
    import torch  # noqa: PLC0415

    torch.set_num_threads(threads)
    content = io.BytesIO(checked_bytes(path, sha256))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FutureWarning)  # a format of the past, but theirs
            network = torch.jit.load(content, map_location=_device()).eval()
        _answer(network, np.zeros((64, 64, 3), np.uint8))
    except Exception as error:  # torch has no common class for what a file can do wrong
        reason = str(error).strip().splitlines()[-1]
        raise UserError(
            f"{path}: not a detector of EgoBlur that can be run ({reason}); "
            "ego_blur_face.jit and ego_blur_lp.jit are"
        ) from None
    return network
