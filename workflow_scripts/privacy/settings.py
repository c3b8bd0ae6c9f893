"""Section `privacy:` attacks on each variant, and the estimate of missed regions."""

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
    """Second detectors, different from those under `pii:`, to estimate how many faces and license
    plates were missed. They change no image.
    """

    faces: AnyDetector | None = None
    """The second detector of faces; null: missed faces are not estimated."""
    license_plates: AnyDetector | None = None
    """The second detector of license plates; null: missed plates are not estimated."""
    images: int = Field(500, ge=1)
    """Maximum number of training images to search: a random sample."""


class Membership(Section):
    """Membership attack on every run: does the loss reveal which images a model was trained on?"""

    images: int = Field(1000, ge=2)
    """Maximum number of training images, and of validation images, to compare: random samples."""


class Privacy(Section):
    """Attacks on each variant, limits on their success, and the estimate of missed regions."""

    attacks: tuple[AnyAttack, ...] = (
        Recognition(),
        InformedRecognition(),
        TrainedAttacker(),
        Restoration(),
        Linking(),
        PlateReading(),
        PlateMatching(),
    )
    """Attacks on the training images of every variant; []: none."""
    regions: int = Field(2000, ge=20)
    """Maximum number of faces, and of license plates, to attack: drawn from all that are large
    enough, the same for every variant."""
    margin: float = Field(0.01, ge=0.001, lt=1)
    """An attack counts as no better than chance if its success exceeds that of guessing by no more
    than this; a margin below 0.001 would take millions of people. Choose it before you see results.
    """
    limits: dict[str, Share] = Field(default_factory=dict)
    """Maximum success by measure, such as `rank_1: 0.05` or `read_whole: 0.01`. If the upper end of
    a variant's interval exceeds it, the workflow fails after all results are written."""

    second_detection: SecondDetection = SecondDetection()
    """Second detection, to estimate missed regions."""

    membership: Membership | None = None
    """Membership attack on every run; null: none."""

    @field_validator("attacks")
    @classmethod
    def _attacks_differ(cls, attacks: tuple[Attack, ...]) -> tuple[Attack, ...]:
        titles = [attack.title for attack in attacks]
        if twice := next((title for title in titles if titles.count(title) > 1), None):
            raise ValueError(f"{twice} is listed twice; remove one")
        return attacks

    @model_validator(mode="after")
    def _limits_are_measured(self) -> "Privacy":
        measures = {name for attack in self.attacks for name in attack.measures}
        for name in self.limits:
            if name not in measures:
                known = ", ".join(sorted(measures)) or "nothing, since there are no attacks"
                raise ValueError(f"limits.{name}: no attack measures it; measured: {known}")
        return self
