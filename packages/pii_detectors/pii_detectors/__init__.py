"""Detection of faces and license plates in images.

A search is a frozen dataclass of settings. `load()` checks and loads its network; `find(image)`
returns detections. Modules are imported on first use, so that a search loads only what it needs.
"""

import importlib
from typing import Any

_MODULES = {
    "BoxDetections": "detections",
    "CenterFaceSearch": "centerface",
    "DetectorError": "errors",
    "EgoBlurSearch": "egoblur",
    "FaceDetections": "detections",
    "PlateDetections": "detections",
    "PlateSearch": "plates",
    "YoloSearch": "yolo",
    "YuNetSearch": "yunet",
    "boxes_around": "boxes",
    "ious": "boxes",
    "non_maximum_suppression": "boxes",
    "objects_of": "boxes",
}
__all__ = sorted(_MODULES)  # noqa: PLE0605 - __init__.pyi spells them for type checkers


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_MODULES[name]}"), name)
