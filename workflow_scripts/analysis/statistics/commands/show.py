"""`statistics show`: a verdict, or its supplement, on the terminal."""

from plain_commands.files import read_json

from workflow_scripts.analysis.statistics import formats, supplement_formats
from workflow_scripts.common.cli import File
from workflow_scripts.contracts.supplements import Supplement
from workflow_scripts.contracts.verdicts import ExperimentVerdict


def show(verdict: File, /) -> None:
    """Print a verdict or its supplement.

    Args:
        verdict: a verdict.json or a supplement.json.
    """
    content = read_json(verdict)
    if isinstance(content, dict) and "question" in content:
        text = supplement_formats.as_plain_text(Supplement.read(verdict))
    else:
        text = formats.as_plain_text(ExperimentVerdict.read(verdict))
    print(text, end="")
