"""Cityscapes labels used in drawn scenes."""

from enum import IntEnum


class Label(IntEnum):
    """Cityscapes label; its value is the label id in id images."""

    EGO_VEHICLE = 1
    ROAD = 7
    SIDEWALK = 8
    BUILDING = 11
    POLE = 17
    TRAFFIC_LIGHT = 19
    TRAFFIC_SIGN = 20
    VEGETATION = 21
    TERRAIN = 22
    SKY = 23
    PERSON = 24
    RIDER = 25
    CAR = 26
    TRUCK = 27
    BUS = 28
    TRAIN = 31
    MOTORCYCLE = 32
    BICYCLE = 33

    @property
    def title(self) -> str:
        """Name of the label in polygon files."""
        return self.name.lower().replace("_", " ")


INSTANCE_LABELS = frozenset(label for label in Label if label >= Label.PERSON)
"""Labels with separate instances: the eight classes of the instance task."""

LICENSE_PLATE = "license plate"
"""Label with id -1, which occurs in polygon files but never in id images."""
