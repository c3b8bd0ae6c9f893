"""Last words of a call of Snakemake."""

import shlex
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from workflow_scripts.contracts.layout import Layout
from workflow_scripts.contracts.run_states import error_in
from workflow_scripts.contracts.verdicts import ExperimentVerdict


def after_success(layout: Layout) -> str:
    """First sentence of the report, and its path; empty without a report."""
    if not (layout.report.exists() and layout.table("verdict").exists()):
        return ""
    said = ExperimentVerdict.read(layout.table("verdict")).said
    return "\n".join([*([said.headline] if said else []), f"The report: {layout.report}"])


def after_failure(layout: Layout, since: float, arguments: Sequence[str] = ()) -> str:
    """Jobs that failed, with their errors and logs, and the command to go on.

    Args:
        layout: the experiment's files.
        since: time of the call's start; errors in older logs are those of earlier calls.
        arguments: of Snakemake; those of this process by default.
    """
    said = list(_failures(layout, since))
    failed = f"Failed: {len(said)} jobs" if len(said) != 1 else "Failed: 1 job"
    if not said:  # a job that was killed leaves no error in its log
        failed = "Failed: no log of a job says why; see what Snakemake says above"
    command = shlex.join(["snakemake", *(arguments or sys.argv[1:])])
    return "\n".join(
        [
            failed,
            *said,
            f"What is done is kept. To go on, after a remedy: {command}",
        ]
    )


def _failures(layout: Layout, since: float) -> Iterator[str]:
    logs: list[Path] = sorted(layout.logs.rglob("*.log"))
    for log in logs:
        error = error_in(log) if log.stat().st_mtime >= since else None
        if error is not None:
            yield f"  {log.relative_to(layout.logs).with_suffix('')}: {error}\n    log: {log}"
