"""Which of the model zoo's files `imagenet` and `coco` mean for a config."""

from workflow_scripts.common.errors import UserError
from workflow_scripts.contracts.settings.training import Detectron2Training

IMAGENET = "detectron2://ImageNetPretrained/"
COCO = "detectron2://COCO-InstanceSegmentation/"
RESNETS = {50: f"{IMAGENET}MSRA/R-50.pkl", 101: f"{IMAGENET}MSRA/R-101.pkl"}
"""ImageNet weights by depth, for configs that start from something else."""


def weights_name(settings: Detectron2Training, own: str, depth: int | None) -> str:
    """What a training starts from, as detectron2 names it; empty for a random start.

    Args:
        settings: the recipe.
        own: what detectron2's config starts from.
        depth: of its ResNet backbone; None for another.

    Raises:
        UserError: the zoo has no such weights.
    """
    match settings.initialisation:
        case "none":
            return ""
        case "imagenet":
            name = own if own.startswith(IMAGENET) else RESNETS.get(depth)
        case "coco":
            name = own if own.startswith(COCO) else _result_of(settings.config)
        case path:
            return str(path)
    if name is None:
        raise UserError(
            f"training.initialisation: detectron2's zoo has no {settings.initialisation} weights "
            f"for {settings.config}; set it to a file, or to none"
        )
    return name


def _result_of(config: str) -> str | None:
    """The zoo's own result of a config."""
    # Only here: where setuptools is 81 or newer, this module cannot be imported.
    try:
        from detectron2.model_zoo.model_zoo import _ModelZooUrls  # noqa: PLC0415
    except ImportError as error:
        raise UserError(
            f"training.initialisation: detectron2's list of weights cannot be read ({error}); "
            "install setuptools<81"
        ) from None
    name = config.removesuffix(".yaml")
    suffix = _ModelZooUrls.CONFIG_PATH_TO_URL_SUFFIX.get(name)
    return suffix and f"detectron2://{name}/{suffix}"
