"""`training export`: weights for other trainings to start from."""

from typing import Annotated

from plain_commands.console import log
from plain_commands.files import atomic, sha256_of_file

from workflow_scripts.common.cli import File, option


def export(
    *, checkpoint: File, output: File, prefix: Annotated[str, option("TEXT")] = "backbone."
) -> None:
    """Keep a trained model's backbone (with its feature pyramid) in half precision.

    The file can be named in `training.initialisation`. Its SHA-256, which the command prints, goes
    beside it.

    Args:
        checkpoint: model_final.pth.
        output: the file to write.
        prefix: beginning of the names of the weights to keep.
    """
    import torch  # noqa: PLC0415 - takes seconds, and --help does not need it

    from workflow_scripts.training.checkpoint import TrainedModel  # noqa: PLC0415

    trained = TrainedModel.read(checkpoint)
    kept = {
        name: value.to(torch.float16).contiguous()
        for name, value in trained.model.items()
        if name.startswith(prefix)
    }
    with atomic(output) as temporary:
        torch.save({"model": kept}, temporary)
    numbers = sum(value.numel() for value in kept.values())
    log.info("%s: %d numbers, sha256 %s", output, numbers, sha256_of_file(output))
