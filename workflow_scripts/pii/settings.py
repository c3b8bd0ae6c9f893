"""Section `pii:` detection of faces and license plates."""

from typing import TYPE_CHECKING, Annotated, Union

from pydantic import Field

from workflow_scripts.common.plugins import plugins_in
from workflow_scripts.contracts.coco import Instance
from workflow_scripts.contracts.regions import Kind, Region
from workflow_scripts.imaging.detection import Detector, Detectors, share_on
from workflow_scripts.imaging.pictures import Picture
from workflow_scripts.pii.detectors.annotations import Annotations
from workflow_scripts.pii.detectors.centerface import CenterFace

DETECTORS = plugins_in("workflow_scripts.pii.detectors", Detector)
if TYPE_CHECKING:
    AnyDetector = Detector
else:
    AnyDetector = Annotated[Union[DETECTORS], Field(discriminator="detector")]  # noqa: UP007


class Pii(Detectors):
    """What counts as PII, and how it is detected."""

    faces: AnyDetector | None = CenterFace()
    """The detector of faces; null: faces are not searched for."""
    license_plates: AnyDetector | None = Annotations()
    """The detector of license plates; null, or missing with a `dataset` in COCO format: plates are
    not searched for."""
    only_on_labelled: bool = True
    """Keep only faces on labelled persons and plates on labelled vehicles, groups included. This
    removes nearly all false detections, but also true ones on unlabelled objects, such as a driver
    behind a windscreen. For data that you publish, set it to false."""
    min_overlap: float = Field(0.25, gt=0, le=1)
    """Minimum share of a region's box on the masks of such objects."""
    person_classes: tuple[str, ...] = ("person", "rider")
    """Classes of the data set that can have faces."""
    vehicle_classes: tuple[str, ...] = ("car", "truck", "bus", "train", "motorcycle")
    """Classes of the data set that can have license plates."""

    @property
    def parent_classes(self) -> dict[Kind, tuple[str, tuple[str, ...]]]:
        """Config key and classes of the objects that can have PII, by kind."""
        return {
            Kind.FACE: ("person_classes", self.person_classes),
            Kind.LICENSE_PLATE: ("vehicle_classes", self.vehicle_classes),
        }

    def parents(self, picture: Picture, kind: Kind) -> list[Instance] | None:
        """The labelled objects that can have PII of a kind; None if regions count anywhere."""
        if not self.only_on_labelled:
            return None
        _, classes = self.parent_classes[kind]
        return [item.instance for item in picture.objects if item.class_name in classes]

    def counts(self, region: Region, picture: Picture) -> bool:
        """Whether a detection counts: if required, enough of it lies on a labelled object."""
        parents = self.parents(picture, region.kind)
        return parents is None or share_on(region, parents) >= self.min_overlap
