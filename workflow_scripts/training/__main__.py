"""`python -m workflow_scripts.training <action> …`."""

import importlib
import sys
from collections.abc import Sequence

ACTIONS = {
    "train": "train one run: one variant, one seed",
    "predict": "find instances in the validation images with a trained model",
    "export": "keep a trained model's backbone as weights to start others from",
}


def main(argv: Sequence[str] | None = None) -> int:
    """Hand the arguments to the action that they name, and return its exit code."""
    action, *rest = (sys.argv[1:] if argv is None else argv) or ["--help"]
    if action in ACTIONS:
        module = importlib.import_module(f"workflow_scripts.training.{action}")
        return module.main(rest)
    asked_for_help = action in ("-h", "--help")
    lines = ["usage: python -m workflow_scripts.training ACTION …   (ACTION --help explains)", ""]
    lines += [f"  {name:8} {meaning}" for name, meaning in ACTIONS.items()]
    stream = sys.stdout if asked_for_help else sys.stderr
    stream.write("\n".join(lines) + "\n")
    return 0 if asked_for_help else 2


if __name__ == "__main__":
    sys.exit(main())
