"""Drawn street scenes with exact instance masks, faces and license plates."""

from .errors import SettingsError
from .labels import INSTANCE_LABELS, LICENSE_PLATE, Label
from .marks import VisibleFace, VisiblePlate
from .outlines import Polygon
from .scenes import DrawnScene, SceneSettings, draw_scene
from .writer import WrittenScene, write_data_set

__all__ = [
    "INSTANCE_LABELS",
    "LICENSE_PLATE",
    "DrawnScene",
    "Label",
    "Polygon",
    "SceneSettings",
    "SettingsError",
    "VisibleFace",
    "VisiblePlate",
    "WrittenScene",
    "draw_scene",
    "write_data_set",
]
