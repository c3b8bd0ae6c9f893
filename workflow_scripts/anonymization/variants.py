"""`variants:` named treatments of the images, each a method with its settings."""

from typing import TYPE_CHECKING, Annotated, Union

from pydantic import Field, create_model

from workflow_scripts.anonymization.method import Method
from workflow_scripts.anonymization.methods.unmodified import Unmodified
from workflow_scripts.common.plugins import plugins_in
from workflow_scripts.contracts.run_layout import images_of_twin

METHODS = plugins_in("workflow_scripts.anonymization.methods", Method)

IMAGES_ONLY = tuple(
    str(one.model_fields["method"].default)
    for one in METHODS
    if one.makes_images and not one.treats_objects
)
"""Methods that need only images."""

MOST_TWINS = 100
TWINS = """Number of twins, the sets of images made with different seeds of the method. The run of
seed s trains on twin 1 + (s - 1) mod twins, so that the variance of the runs includes the
randomness of the anonymization (docs/variance.md)."""


def _in_a_config(method: type[Method]) -> type[Method]:
    """The section of a method; it has the key `twins` if the method draws by a seed.

    The key is kept apart from the method's code and settings, which determine the images, since
    spreading runs over twins does not change the images.
    """
    if "seed" not in method.model_fields or not method.makes_images:
        return method
    number = Annotated[
        int, Field(ge=1, le=MOST_TWINS, exclude=True, description=" ".join(TWINS.split()))
    ]
    section: type[Method] = create_model(
        method.__name__,
        __base__=method,
        __module__=method.__module__,
        __doc__=method.__doc__,
        twins=(number, 1),
    )
    return section


if TYPE_CHECKING:
    Variant = Method
else:
    SECTIONS = tuple(map(_in_a_config, METHODS))
    Variant = Annotated[Union[SECTIONS], Field(discriminator="method")]  # noqa: UP007

Variants = dict[str, Variant]


def twins_of(variant: Method) -> int:
    """Number of twins that the runs of a variant are spread over."""
    return int(getattr(variant, "twins", 1))


def further_twins(name: str, variant: Method) -> dict[str, Method]:
    """Settings of a variant's twins by name, without the first, which has the variant's name."""
    seed = getattr(variant, "seed", 0)
    return {
        images_of_twin(name, number): variant.model_copy(update={"seed": seed + number - 1})
        for number in range(2, twins_of(variant) + 1)
    }


def seed_offset(variant: Method) -> int:
    """Offset added to a run's seed for training; only `unmodified` has one."""
    return variant.seed_offset if isinstance(variant, Unmodified) else 0


def speed_of(variant: Method) -> str | None:
    """Speed of a variant's training; None for that of the section `training`."""
    return variant.speed if isinstance(variant, Unmodified) else None


def is_unmodified(variant: Method) -> bool:
    """Whether a variant consists of the originals, for which no images are written."""
    return isinstance(variant, Unmodified)
