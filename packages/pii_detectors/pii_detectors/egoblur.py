"""Face or license plate detection by EgoBlur, Meta's detectors for anonymization.

Source: Raina et al., "EgoBlur: Responsible Innovation in Aria" (2023). The weights have to be
downloaded from https://www.projectaria.com/tools/egoblur (Apache-2.0): `ego_blur_face.jit` and
`ego_blur_lp.jit`, about 400 MB each. The network maps an image (3, h, w), uint8 BGR, to boxes
(n, 4) in its pixels, labels (n,), scores (n,) and the image's size, without NMS.
"""

import functools
import io
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from .boxes import non_maximum_suppression
from .detections import BoxDetections
from .errors import DetectorError
from .networks import content_of
from .views import View


@dataclass(frozen=True)
class EgoBlurSearch:
    """Search for faces or license plates; boxes only, on a GPU if there is one.

    Attributes:
        weights: `ego_blur_face.jit` or `ego_blur_lp.jit`, a TorchScript file.
        sha256: SHA-256 of that file, checked before it is loaded.
        threshold: score above which a detection is kept, 0 to 1.
        scale: factor by which the image is resized first.
        max_iou: IoU of two boxes above which the one with the lower score is dropped.
    """

    weights: Path
    sha256: str | None = None
    threshold: float = 0.9
    scale: float = 1.0
    max_iou: float = 0.3

    def load(self, threads: int = 1) -> Any:
        """Load the network, a TorchScript module.

        Raises:
            DetectorError: its file cannot be used.
        """
        return _network(self.weights, self.sha256, threads)

    def find(
        self, image: np.ndarray, within: np.ndarray | None = None, threads: int = 1
    ) -> BoxDetections:
        """Find the faces or plates in an image.

        Args:
            image: (h, w, 3) uint8 RGB.
            within: ignored: the whole image is searched, as in EgoBlur's demonstration.
            threads: CPU threads that torch may use.

        Raises:
            DetectorError: the weights cannot be used.
        """
        view = View(0, 0, image.shape[1], image.shape[0], self.scale)
        part = view.of(image)
        boxes, scores = _answer(self.load(threads), part)
        boxes, scores = boxes[scores > self.threshold], scores[scores > self.threshold]
        kept = non_maximum_suppression(boxes, scores, self.max_iou)
        boxes = view.to_image(boxes[kept].reshape(-1, 2, 2), part.shape)
        return BoxDetections(boxes.reshape(-1, 4), scores[kept])


def _answer(network: Any, image: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Boxes (n, 4) in pixels and scores (n,) for an image (h, w, 3), uint8 RGB."""
    import torch  # noqa: PLC0415 - slow to import, and needed by this search only

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
def _network(path: Path, sha256: str | None, threads: int) -> Any:
    import torch  # noqa: PLC0415

    torch.set_num_threads(threads)
    content = io.BytesIO(content_of(path, sha256))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FutureWarning)  # the files have an old format
            network = torch.jit.load(content, map_location=_device()).eval()
        _answer(network, np.zeros((64, 64, 3), np.uint8))
    except Exception as error:  # torch has no common base class of its errors
        reason = str(error).strip().splitlines()[-1]
        raise DetectorError(
            f"{path}: not a detector of EgoBlur that can be run ({reason}); "
            "ego_blur_face.jit and ego_blur_lp.jit are"
        ) from None
    return network
