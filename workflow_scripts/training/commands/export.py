"""`training export`: initial weights for other trainings."""

from typing import Annotated

from plain_commands.console import log
from plain_commands.files import atomic, sha256_of_file

from workflow_scripts.common.cli import File, NewFile, option


def export(
    *, checkpoint: File, output: NewFile, prefix: Annotated[str, option("TEXT")] = "backbone."
) -> None:
    """Export a trained model's backbone (with its feature pyramid) in half precision.

    Name the file in `training.initialisation`, and the SHA-256 that the command prints beside it.

    Args:
        checkpoint: model_final.pth.
        output: the file to write.
        prefix: prefix of the names of the weights to export.
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
