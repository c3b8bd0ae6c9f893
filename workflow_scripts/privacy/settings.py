"""`privacy:` the attacks on each variant, and how much was missed."""

from typing import TYPE_CHECKING, Annotated, Union

from plain_commands.section import Section
from pydantic import Field, field_validator, model_validator

from workflow_scripts.common.plugins import plugins_in
from workflow_scripts.imaging.detection import Detector, Detectors, any_detector
from workflow_scripts.privacy.attack import Attack
from workflow_scripts.privacy.attacks.informed_recognition import InformedRecognition
from workflow_scripts.privacy.attacks.linking import Linking
from workflow_scripts.privacy.attacks.plate_matching import PlateMatching
from workflow_scripts.privacy.attacks.plate_reading import PlateReading
from workflow_scripts.privacy.attacks.recognition import Recognition
from workflow_scripts.privacy.attacks.restoration import Restoration
from workflow_scripts.privacy.attacks.trained_attacker import TrainedAttacker

ATTACKS = plugins_in("workflow_scripts.privacy.attacks", Attack)
if TYPE_CHECKING:
    AnyAttack = Attack
    AnyDetector = Detector
else:
    AnyDetector = any_detector()
    AnyAttack = Annotated[Union[ATTACKS], Field(discriminator="attack")]  # noqa: UP007

Share = Annotated[float, Field(ge=0, le=1)]


class SecondDetection(Detectors):
    """Other detectors than those under `pii:`, from whose finds it is estimated how many faces and
    license plates were missed. They change no image.
    """

    faces: AnyDetector | None = None
    """The second detector of faces; null: what was missed is not estimated."""
    license_plates: AnyDetector | None = None
    """The second detector of license plates; null: what was missed is not estimated."""
    images: int = Field(500, ge=1)
    """Training images that it searches at most: a random sample."""


class Membership(Section):
    """A membership attack on every run: are images that the model was trained on told from others
    by their loss?
    """

    images: int = Field(1000, ge=2)
    """Training images, and validation images, whose loss is compared at most: random samples."""


class Privacy(Section):
    """The attacks on each variant, how much success is too much, and how much was missed."""

    attacks: tuple[AnyAttack, ...] = (
        Recognition(),
        InformedRecognition(),
        TrainedAttacker(),
        Restoration(),
        Linking(),
        PlateReading(),
        PlateMatching(),
    )
    """The attacks that are run on the training images of every variant; []: none."""
    regions: int = Field(2000, ge=20)
    """Faces, and license plates, that are attacked at most: drawn from all that are large enough,
    the same for every variant."""
    margin: float = Field(0.01, gt=0, lt=1)
    """An attack is no better than chance if its success exceeds that of guessing by no more than
    this. Choose it before you see results."""
    limits: dict[str, Share] = Field(default_factory=dict)
    """Largest success of each measure that may be, such as `rank_1: 0.05` or `read_whole: 0.01`.
    If the upper end of a variant's interval exceeds it, the workflow fails once all is written."""

    second_detection: SecondDetection = SecondDetection()
    """A search by other detectors, which tells how much was missed."""

    membership: Membership | None = None
    """A membership attack on every run; null: none."""

    @field_validator("attacks")
    @classmethod
    def _attacks_differ(cls, attacks: tuple[Attack, ...]) -> tuple[Attack, ...]:
        titles = [attack.title for attack in attacks]
        if twice := next((title for title in titles if titles.count(title) > 1), None):
            raise ValueError(f"{twice} is there twice; remove one")
        return attacks

    @model_validator(mode="after")
    def _limits_are_measured(self) -> "Privacy":
        measures = {name for attack in self.attacks for name in attack.measures}
        for name in self.limits:
            if name not in measures:
                known = ", ".join(sorted(measures)) or "none, since there are no attacks"
                raise ValueError(f"limits.{name}: no attack measures it; measured: {known}")
        return self
