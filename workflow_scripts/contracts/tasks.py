"""Task of an experiment: whether models learn masks or boxes, and are judged by them."""

from enum import StrEnum


class Task(StrEnum):
    """Shapes of the labels that models learn and are judged by."""

    MASKS = "masks"
    BOXES = "boxes"

    @property
    def noun(self) -> str:
        """One such shape, as in `mask AP` and `box AP`."""
        return {Task.MASKS: "mask", Task.BOXES: "box"}[self]

    @property
    def metric(self) -> str:
        """Name of the average precision in tables as files."""
        return {Task.MASKS: "AP", Task.BOXES: "bbox_AP"}[self]

    @property
    def ap(self) -> str:
        """Name of the average precision where people read it: of masks unless it says of boxes."""
        return {Task.MASKS: "AP", Task.BOXES: "box AP"}[self]

    @property
    def heading(self) -> str:
        """The same above a column, or at the beginning of a text."""
        return self.ap[:1].upper() + self.ap[1:]

    @property
    def iou_type(self) -> str:
        """COCO's name of the IoU on these shapes, and key of its scores in eval.json."""
        return {Task.MASKS: "segm", Task.BOXES: "bbox"}[self]
