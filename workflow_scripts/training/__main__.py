"""`python -m workflow_scripts.training <action> …`."""

import importlib
from collections.abc import Sequence

from workflow_scripts.common.cli import Action, dispatch, main_of

MEANINGS = {
    "doctor": "see whether this machine can train",
    "check": "see that the recipe is sound and the weights to start from are there",
    "train": "train one run: one variant, one seed",
    "predict": "find instances in the validation images with a trained model",
    "export": "keep a trained model's backbone as weights to start others from",
}


def main(argv: Sequence[str] | None = None) -> int:
    """Run the action that the first argument names; returns its exit code."""
    return dispatch(
        "workflow_scripts.training",
        "Train a model on a variant's images, and let it predict.",
        {name: Action(meaning, _runner(name)) for name, meaning in MEANINGS.items()},
        argv,
    )


def _runner(action: str):
    """The action's command; its module is imported when it is run, since some take seconds."""

    def run(argv: Sequence[str]) -> int:
        return importlib.import_module(f"workflow_scripts.training.{action}").main(argv)

    return run


if __name__ == "__main__":
    main_of(main)
