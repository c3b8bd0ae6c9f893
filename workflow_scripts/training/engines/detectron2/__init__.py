"""detectron2: its models, optimizer, schedule and augmentation, in this project's loop.

- `blueprint`: from the settings to detectron2's own config;
- `yaml_file`, `lazy_file`: the two kinds of config files that detectron2 has;
- `scenes`: its augmentation, with masks as crops;
- `cropped_masks`: ground-truth masks as its heads ask for them;
- `learner`: its losses, image by image;
- `weights`: what a training starts from.
"""

from workflow_scripts.training.engines.detectron2.engine import (
    Engine,
    initial_weights,
    recipe_of,
)

__all__ = ["Engine", "initial_weights", "recipe_of"]
