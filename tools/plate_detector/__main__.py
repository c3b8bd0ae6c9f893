"""`python -m tools.plate_detector <action> …`."""

import importlib
from collections.abc import Callable, Sequence

from workflow_scripts.common.cli import Action, dispatch, main_of

MEANINGS = {
    "train": "train the network on drawn crops",
    "export": "write a trained network as ONNX",
    "measure": "recall, false alarms and corner errors on drawn hold-out images",
}


def main(argv: Sequence[str] | None = None) -> int:
    """Run the action that the first argument names; returns its exit code."""
    return dispatch(
        "tools.plate_detector",
        "Make the license plate detector that comes with this project.",
        {name: Action(meaning, _runner(name)) for name, meaning in MEANINGS.items()},
        argv,
    )


def _runner(action: str) -> Callable[[Sequence[str]], int]:
    """Command of an action, imported only when it runs, since importing torch takes seconds."""

    def run(argv: Sequence[str]) -> int:
        return importlib.import_module(f"tools.plate_detector.{action}").main(argv)

    return run


if __name__ == "__main__":
    main_of(main)
