"""What to do about a damaged or outdated file that the workflow made."""

import shlex
from pathlib import Path

from workflow_scripts.contracts.run_layout import RunLayout

INDEXED_AGAIN = "snakemake index_dataset … --forcerun index_dataset"
"""Command that indexes a data set that has changed."""
DETECTED_AGAIN = "delete the folder pii of the experiment and repeat the call"
"""How to detect again in all images."""
SHARD_MADE_AGAIN = "delete the folder of its shard and repeat the call"
"""How to anonymize a shard again that the failed job needs."""


def made_again(deleted: Path, target: Path | None = None) -> str:
    """How to make a file or folder again.

    The target is named, since Snakemake makes an intermediate file only for a job that needs it:
    one that is deleted stays missing while later results are there.

    Args:
        deleted: the file, or the folder that a job makes as a whole; it may be missing.
        target: file to request of Snakemake (default: what is deleted).
    """
    gone, wanted = (shlex.quote(str(path)) for path in (deleted, target or deleted))
    if not deleted.exists():
        return f"make it with: snakemake {wanted} …"
    return f"delete {gone} and make it again with: snakemake {wanted} …"


def trained_again(run: Path) -> str:
    """How to make a run again, given its folder.

    All of it, since the results of the lost model are in the same folder.
    """
    return made_again(run, RunLayout(run).evaluation)
