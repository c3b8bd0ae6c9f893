"""Task of an experiment: masks or boxes, which models learn and are judged by."""

from enum import StrEnum


class Task(StrEnum):
    """Shapes of the labels that models learn and are judged by."""

    MASKS = "masks"
    BOXES = "boxes"

    @property
    def noun(self) -> str:
        """Singular, as in `mask AP` and `box AP`."""
        return {Task.MASKS: "mask", Task.BOXES: "box"}[self]

    @property
    def metric(self) -> str:
        """Name of the average precision in table files."""
        return {Task.MASKS: "AP", Task.BOXES: "bbox_AP"}[self]

    @property
    def ap(self) -> str:
        """Display name of the average precision, which is of masks unless stated otherwise."""
        return {Task.MASKS: "AP", Task.BOXES: "box AP"}[self]

    @property
    def heading(self) -> str:
        """The same in a column heading, or at the beginning of a text."""
        return self.ap[:1].upper() + self.ap[1:]

    @property
    def iou_type(self) -> str:
        """COCO's name of the IoU on these shapes, and key of its scores in eval.json."""
        return {Task.MASKS: "segm", Task.BOXES: "bbox"}[self]
