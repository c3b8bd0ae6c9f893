"""`python -m workflow_scripts.training doctor`: can this machine train what the config asks for?"""

import argparse
import os
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from tabulate import tabulate

from workflow_scripts.common.cli import Command
from workflow_scripts.common.console import log
from workflow_scripts.common.errors import UserError
from workflow_scripts.contracts.settings.dataset import CLASSES
from workflow_scripts.contracts.settings.training import Training
from workflow_scripts.training.devices import choose_gpus

DESCRIPTION = """\
Look at versions and devices, let the GPUs speak with each other, and send a small drawn image
forward and backward through the model. Prints a table; ends with 2 if something does not work.
It needs no data set and no weights.
"""


@dataclass(frozen=True)
class Finding:
    """One line of the table."""

    what: str
    found: str
    good: bool = True


def main(argv: Sequence[str]) -> int:
    """Run the command; returns its exit code."""
    command = Command("workflow_scripts.training doctor", DESCRIPTION, Training)
    command.argument("--gpus", type=int, default=0, help="GPUs a training gets; 0 looks at the CPU")
    return command.run(doctor, argv)


def doctor(arguments: argparse.Namespace) -> None:
    """Print the table.

    Raises:
        UserError: something does not work.
    """
    gpus = choose_gpus(arguments.gpus)
    os.environ["CUDA_VISIBLE_DEVICES"] = ",".join(gpus)
    findings = list(examine(arguments.settings, len(gpus)))
    rows = [(one.what, one.found, "ok" if one.good else "FAILED") for one in findings]
    for line in tabulate(rows, tablefmt="plain").splitlines():
        log.info("%s", line)
    failed = [one.what for one in findings if not one.good]
    if failed:
        raise UserError(f"{', '.join(failed)}: does not work here; see the table above")


def examine(settings: Training, gpus: int) -> Iterator[Finding]:
    """All findings, in order; a failure does not stop the next.

    Args:
        settings: the recipe.
        gpus: how many a training gets; this process sees no others.
    """
    # Only now: importing torch takes seconds, and the GPUs are chosen before.
    from workflow_scripts.training import examination  # noqa: PLC0415

    for package, version in examination.versions().items():
        if version:  # What is missing and needed fails below.
            yield Finding(package, version)
    examinations: dict[str, Callable[[], str]] = {
        "devices": lambda: examination.devices(gpus),
        "workers' connection": lambda: examination.connection(gpus),
        "recipe": lambda: examination.recipe(settings),
        "RoIAlign and NMS": lambda: examination.operators(gpus),
        "forward and backward": lambda: examination.step(settings, len(CLASSES), gpus),
    }
    for what, examined in examinations.items():
        started = time.monotonic()
        try:
            found = examined()
        except Exception as error:  # whatever is wrong here is what the table is for
            yield Finding(what, f"{type(error).__name__}: {' '.join(str(error).split())}", False)
        else:
            yield Finding(what, f"{found} ({time.monotonic() - started:.1f} s)")
