"""`variants:` named treatments of the images, each a method with its settings."""

from typing import TYPE_CHECKING, Annotated, Union

from pydantic import Field

from workflow_scripts.anonymization.method import Method
from workflow_scripts.anonymization.methods.unmodified import Unmodified
from workflow_scripts.common.plugins import plugins_in

METHODS = plugins_in("workflow_scripts.anonymization.methods", Method)

IMAGES_ONLY = tuple(
    str(one.model_fields["method"].default)
    for one in METHODS
    if one.makes_images and not one.treats_objects
)
"""Methods that need nothing but images."""

if TYPE_CHECKING:
    Variant = Method
else:
    Variant = Annotated[Union[METHODS], Field(discriminator="method")]  # noqa: UP007

Variants = dict[str, Variant]


def seed_offset(variant: Method) -> int:
    """What is added to a run's seed to train it: only the originals may be trained on twice."""
    return variant.seed_offset if isinstance(variant, Unmodified) else 0


def speed_of(variant: Method) -> str | None:
    """Speed that a variant is trained with; None for that of the section `training`."""
    return variant.speed if isinstance(variant, Unmodified) else None


def is_unmodified(variant: Method) -> bool:
    """Whether a variant is the originals, for which no images are written."""
    return isinstance(variant, Unmodified)
