"""Engine `detectron2`: its models, optimizer, schedule and augmentation, in this project's loop.

- `installation`: configs, options and weights of the installed detectron2, read without importing
  it;
- `model_config`: detectron2's own config from the settings, of two kinds: `yaml_config`,
  `lazy_config`;
- `weights`: initial weights.

Augmentation with cropped masks and losses per image are in the package `invariant_mask_rcnn`.
"""

from pathlib import Path
from typing import Any, ClassVar

from plain_commands.files import sha256_of_file

from workflow_scripts.training.engine import Engine, Recipe
from workflow_scripts.training.engines.detectron2 import installation
from workflow_scripts.training.engines.detectron2.settings import Detectron2Settings

ENVIRONMENTS = Path(__file__).resolve().parents[4] / "envs"


class Detectron2Training(Detectron2Settings):
    """Any Mask R-CNN of detectron2, or for boxes Faster R-CNN, RetinaNet or FCOS, as its own config
    file describes it.
    """

    conda_environment: ClassVar[str] = "detectron2"

    def check_early(self) -> None:
        """Check the names of config and options, if detectron2 is installed.

        Raises:
            UserError: detectron2 has no such config or option.
        """
        if not installation.is_installed():
            return
        if installation.config_path(self.config).suffix != ".py":
            installation.check_option_names(self.options)

    def further_dependencies(self) -> dict[str, Any]:
        """The environment and the user's own config files.

        detectron2 is not among the locked packages, and comes with its own torch.
        """
        import yaml  # noqa: PLC0415, only Snakemake asks

        path = ENVIRONMENTS / f"{self.conda_environment}.yaml"
        environment = yaml.safe_load(path.read_text(encoding="utf-8"))
        files = installation.files_of_config(self.config)
        return {
            "environment": environment["dependencies"],
            "files": [sha256_of_file(file) for file in files],
        }

    def recipe(self) -> Recipe:
        with installation.import_errors_explained():
            from workflow_scripts.training.engines.detectron2 import model_config  # noqa: PLC0415
        # They do not depend on the number of classes.
        config = model_config.model_config_of(self, classes=1)
        return Recipe(
            config.iterations,
            config.images_per_step,
            self.deterministic,
            config.warmup,
            config.rate_drops,
        )

    def initial_weights(self) -> Path | None:
        with installation.import_errors_explained():
            from workflow_scripts.training.engines.detectron2 import weights  # noqa: PLC0415
        return weights.initial_weights(self)

    def make_engine(self, classes: int, config: str | None = None) -> Engine:
        with installation.import_errors_explained():
            from workflow_scripts.training.engines.detectron2 import engine  # noqa: PLC0415
        return engine.Detectron2Engine(self, classes, config)
