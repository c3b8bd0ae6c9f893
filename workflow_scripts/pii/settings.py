"""`pii:` how faces and license plates are found."""

from typing import TYPE_CHECKING, Annotated, Union

from plain_commands.section import Section
from pydantic import Field, model_validator

from workflow_scripts.common.plugins import plugins_in
from workflow_scripts.contracts.regions import Kind
from workflow_scripts.imaging.detection import Detector, ImageNames
from workflow_scripts.pii.detectors.annotations import Annotations
from workflow_scripts.pii.detectors.centerface import CenterFace

DETECTORS = plugins_in("workflow_scripts.pii.detectors", Detector)
if TYPE_CHECKING:
    AnyDetector = Detector
else:
    AnyDetector = Annotated[Union[DETECTORS], Field(discriminator="detector")]  # noqa: UP007


class Pii(Section):
    """What counts as PII, and who finds it."""

    faces: AnyDetector | None = CenterFace()
    """The detector of faces; null: none are looked for."""
    license_plates: AnyDetector | None = Annotations()
    """The detector of license plates; null, or left out where `dataset` is in COCO format: none are
    looked for."""
    only_on_labelled: bool = True
    """Keep only faces on labelled persons and plates on labelled vehicles, groups included. It
    removes nearly all false finds; it also removes true ones on what nobody labelled, such as a
    driver behind a windscreen. For data that you publish, set it to false."""
    min_overlap: float = Field(0.25, gt=0, le=1)
    """The share of a region's box that has to lie on the masks of such objects."""
    person_classes: tuple[str, ...] = ("person", "rider")
    """The classes of the data set that have faces."""
    vehicle_classes: tuple[str, ...] = ("car", "truck", "bus", "train", "motorcycle")
    """The classes of the data set that have license plates."""

    @property
    def detectors(self) -> dict[Kind, Detector]:
        """The detector of each kind of PII that is searched for."""
        found = ((Kind.FACE, self.faces), (Kind.LICENSE_PLATE, self.license_plates))
        return {kind: detector for kind, detector in found if detector is not None}

    def for_data_set(self, names: ImageNames) -> "Pii":
        """The settings with detectors that know the names of all images."""
        ready = {
            kind.key.removeprefix("pii."): detector.for_data_set(names)
            for kind, detector in self.detectors.items()
        }
        return self.model_copy(update=ready)

    @property
    def parent_classes(self) -> dict[Kind, tuple[str, tuple[str, ...]]]:
        """The classes of the objects that can have PII, by kind, behind the key that names them."""
        return {
            Kind.FACE: ("person_classes", self.person_classes),
            Kind.LICENSE_PLATE: ("vehicle_classes", self.vehicle_classes),
        }

    @model_validator(mode="after")
    def _detectors_fit(self) -> "Pii":
        for kind, detector in self.detectors.items():
            if kind not in detector.kinds:
                able = [p.model_fields["detector"].default for p in DETECTORS if kind in p.kinds]
                raise ValueError(
                    f"{kind.key.removeprefix('pii.')}.detector: "
                    f"{detector.detector} finds none; take one of {', '.join(able)}"
                )
        return self
