"""Training recipes to measure: the whitepaper's, and the small ones of the demo."""

from pathlib import Path
from typing import Any

import yaml

DEMO = Path(__file__).resolve().parent.parent / "profiles" / "demo"
DEMOS = {"detectron2": DEMO / "detectron2.yaml", "torchvision": DEMO / "experiment.yaml"}
"""The demo's config by engine."""


def full_recipe(engine: str, iterations: int, **changes: Any) -> dict[str, Any]:
    """Section `training:` of the whitepaper's model, with random weights.

    Args:
        engine: `detectron2` or `torchvision`.
        iterations: number of steps, all of them warm-up, since random weights diverge at the full
            learning rate.
        changes: further keys.
    """
    recipe: dict[str, Any] = {"engine": engine, "initialisation": "none"}
    if engine == "detectron2":
        # ImageNet's weights expect unscaled pixels; random weights would amplify these to a loss of
        # hundreds.
        recipe["options"] = {"MODEL.PIXEL_STD": [57.4, 57.1, 58.4]}
    return _long(recipe | changes, iterations, warmup=iterations)


def small_recipe(engine: str, iterations: int, **changes: Any) -> dict[str, Any]:
    """Section `training:` of the demo, for a CPU."""
    recipe = demo(engine)["training"]
    return _long(recipe | changes, iterations, warmup=min(20, iterations // 2))


def demo(engine: str) -> dict[str, Any]:
    """The demo's config."""
    return yaml.safe_load(DEMOS[engine].read_text(encoding="utf-8"))


def _long(recipe: dict[str, Any], iterations: int, warmup: int) -> dict[str, Any]:
    """Recipe with another number of iterations, and without a drop of the learning rate."""
    if recipe["engine"] == "detectron2":
        solver = {"MAX_ITER": iterations, "STEPS": [], "WARMUP_ITERS": warmup}
        options = {f"SOLVER.{key}": value for key, value in solver.items()}
        return recipe | {"options": {**recipe.get("options", {}), **options}}
    return recipe | {
        "iterations": iterations,
        "milestones": [],
        "warmup_iterations": warmup,
    }
