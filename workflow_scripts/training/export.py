"""`python -m workflow_scripts.training export …`: weights for other trainings to start from."""

import argparse
from collections.abc import Sequence
from pathlib import Path

from workflow_scripts.common.cli import Command
from workflow_scripts.common.console import log
from workflow_scripts.common.files import atomic, sha256_of_file

DESCRIPTION = """\
Keep a trained model's backbone (with its feature pyramid) in half precision. The file can be
named in `training.initialisation`; its sha256, which the command tells, goes beside it.
"""


def main(argv: Sequence[str]) -> int:
    """Run the command; returns its exit code."""
    command = Command("workflow_scripts.training export", DESCRIPTION)
    add = command.argument
    add("--checkpoint", type=Path, required=True, metavar="FILE", help="model_final.pth")
    add("--output", type=Path, required=True, metavar="FILE", help="the file to write")
    add("--prefix", default="backbone.", help="of the weights to keep (default: %(default)s)")
    return command.run(export, argv)


def export(arguments: argparse.Namespace) -> None:
    """Write the weights, and tell their sha256."""
    import torch  # noqa: PLC0415 - takes seconds, and --help does not need it

    from workflow_scripts.training.trained_model import TrainedModel  # noqa: PLC0415

    trained = TrainedModel.read(arguments.checkpoint)
    kept = {
        name: value.to(torch.float16).contiguous()
        for name, value in trained.model.items()
        if name.startswith(arguments.prefix)
    }
    with atomic(arguments.output) as temporary:
        torch.save({"model": kept}, temporary)
    numbers = sum(value.numel() for value in kept.values())
    digest = sha256_of_file(arguments.output)
    log.info("%s: %d numbers, sha256 %s", arguments.output, numbers, digest)
