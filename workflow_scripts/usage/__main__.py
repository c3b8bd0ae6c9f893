"""`python -m workflow_scripts.usage results/<experiment>`: what an experiment cost."""

import argparse
from collections.abc import Sequence
from pathlib import Path

from tabulate import tabulate

from workflow_scripts.cli import Command, main_of
from workflow_scripts.console import log
from workflow_scripts.errors import UserError
from workflow_scripts.files import write_text
from workflow_scripts.usage.accounting import with_accounting, with_benchmark
from workflow_scripts.usage.summary import StageUsage, by_stage
from workflow_scripts.usage_records import FOLDER, read_usage

DESCRIPTION = """\
Gather what each job of an experiment used in usage.jsonl, a line an attempt, and print it by stage.
Slurm's accounting is asked where there is one; else the numbers are the jobs' own. What nobody
recorded is said to be so.
"""
HEADERS = {
    "stage": "stage",
    "jobs": "jobs",
    "attempts": "attempts",
    "hours": "hours",
    "queued_hours": "queued (h)",
    "gpu_hours": "GPU-hours",
    "gpu_idle": "GPU idle",
    "cpu_hours": "CPU-hours",
    "cpu_idle": "CPU idle",
    "energy_kwh": "energy (kWh)",
    "peak_rss_gib": "memory (GiB)",
}
FORMATS = {"gpu_idle": ".0%", "cpu_idle": ".0%", "energy_kwh": ".3f", "peak_rss_gib": ".1f"}


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; returns its exit code."""
    command = Command("workflow_scripts.usage", DESCRIPTION)
    command.argument("results", type=Path, metavar="FOLDER", help="results/<experiment>")
    return command.run(show, argv)


def show(arguments: argparse.Namespace) -> None:
    """Gather and print.

    Raises:
        UserError: nothing was recorded there.
    """
    results = arguments.results
    records = [with_benchmark(record, results) for record in read_usage(results)]
    if not records:
        raise UserError(f"{results / FOLDER}: no records; is {results} an experiment's folder?")
    records = sorted(with_accounting(records), key=lambda record: record.start)
    file = results / "usage.jsonl"
    write_text(file, "".join(f"{record.model_dump_json()}\n" for record in records))
    rows = [row(stage) for stage in by_stage(records)]
    print(tabulate(rows, HEADERS.values(), disable_numparse=True))
    log.info("%s: %d attempts", file, len(records))


def row(usage: StageUsage) -> list[str]:
    """A line of the table."""
    cells = [usage.stage, str(usage.jobs), str(usage.attempts)]
    for name in list(HEADERS)[3:]:
        amount = getattr(usage, name)
        # Nothing was given, so nothing could be idle.
        nothing = name.endswith("_idle") and not amount.jobs
        cells.append("" if nothing else amount.text(FORMATS.get(name, ".2f")))
    return cells


if __name__ == "__main__":
    main_of(main)
