from .boxes import boxes_around, ious, non_maximum_suppression, objects_of
from .centerface import CenterFaceSearch
from .detections import BoxDetections, FaceDetections, PlateDetections
from .egoblur import EgoBlurSearch
from .errors import DetectorError
from .plates import PlateSearch
from .yolo import YoloSearch
from .yunet import YuNetSearch

__all__ = [
    "BoxDetections",
    "CenterFaceSearch",
    "DetectorError",
    "EgoBlurSearch",
    "FaceDetections",
    "PlateDetections",
    "PlateSearch",
    "YoloSearch",
    "YuNetSearch",
    "boxes_around",
    "ious",
    "non_maximum_suppression",
    "objects_of",
]
