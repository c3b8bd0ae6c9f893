"""`statistics show`: a verdict on the terminal."""

from workflow_scripts.analysis.statistics import formats
from workflow_scripts.common.cli import File
from workflow_scripts.contracts.verdicts import ExperimentVerdict


def show(verdict: File, /) -> None:
    """Print a verdict.

    Args:
        verdict: a verdict.json.
    """
    print(formats.as_plain_text(ExperimentVerdict.read(verdict)), end="")
