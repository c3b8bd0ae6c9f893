"""Final messages of a call of Snakemake."""

import shlex
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from workflow_scripts.contracts.layout import Layout
from workflow_scripts.contracts.run_states import error_in
from workflow_scripts.contracts.verdicts import ExperimentVerdict


def after_success(layout: Layout) -> str:
    """First sentence and path of the report; empty without a report."""
    if not (layout.report.exists() and layout.table("verdict").exists()):
        return ""
    said = ExperimentVerdict.read(layout.table("verdict")).said
    return "\n".join([*([said.headline] if said else []), f"The report: {layout.report}"])


def after_failure(layout: Layout, since: float, arguments: Sequence[str] = ()) -> str:
    """Failed jobs with their errors and logs, and the command to resume.

    Args:
        layout: the experiment's files.
        since: start of the call; errors in older logs are from earlier calls.
        arguments: arguments of Snakemake (default: those of this process).
    """
    said = list(_failures(layout, since))
    failed = f"Failed: {len(said)} jobs" if len(said) != 1 else "Failed: 1 job"
    if not said:  # a killed job leaves no error in its log
        failed = "Failed, but no job's log has an error; see Snakemake's messages above"
    command = shlex.join(["snakemake", *(arguments or sys.argv[1:])])
    return "\n".join(
        [
            failed,
            *said,
            f"Finished results are kept. After fixing the error, resume with: {command}",
        ]
    )


def _failures(layout: Layout, since: float) -> Iterator[str]:
    logs: list[Path] = sorted(layout.logs.rglob("*.log"))
    for log in logs:
        error = error_in(log) if log.stat().st_mtime >= since else None
        if error is not None:
            yield f"  {log.relative_to(layout.logs).with_suffix('')}: {error}\n    log: {log}"
