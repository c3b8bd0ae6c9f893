"""`training doctor`: whether this machine can train."""

import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from plain_commands.console import log
from plain_commands.errors import UserError
from tabulate import tabulate

from workflow_scripts.common.cli import Count, Settings
from workflow_scripts.common.gpus import choose_gpus
from workflow_scripts.training.engines.command import CommandTraining
from workflow_scripts.training.programs.running import check_programs
from workflow_scripts.training.settings import Training


@dataclass(frozen=True)
class Finding:
    """One line of the table."""

    what: str
    found: str
    good: bool = True


def doctor(*, settings: Settings[Training], gpus: Count = 0) -> None:
    """Check whether this machine can run the config's training.

    Checks versions and devices, communication between the GPUs, and one training step and a
    prediction on drawn frames. Prints a table. Needs no data set and no weights.

    Args:
        gpus: number of GPUs of a training; 0 checks the CPU.

    Raises:
        UserError: a check fails.
    """
    chosen = choose_gpus(gpus)
    os.environ["CUDA_VISIBLE_DEVICES"] = ",".join(chosen)
    findings = list(examine(settings, len(chosen)))
    rows = [(one.what, one.found, "ok" if one.good else "FAILED") for one in findings]
    for line in tabulate(rows, tablefmt="plain").splitlines():
        log.info("%s", line)
    failed = [one.what for one in findings if not one.good]
    if failed:
        raise UserError(f"{', '.join(failed)}: failed on this machine; see the table above")


def examine(settings: Training, gpus: int) -> Iterator[Finding]:
    """Results of all checks, in order; a failure does not stop the next check.

    Args:
        settings: the recipe.
        gpus: number of GPUs of a training; the only ones that this process sees.
    """
    if isinstance(settings, CommandTraining):
        yield _finding("programs", lambda: _programs(settings))
        return
    # Imported late: importing torch takes seconds, and the GPUs are chosen before.
    from workflow_scripts.training import doctor_checks, provenance  # noqa: PLC0415

    for package, version in provenance.versions_and_cuda().items():
        if version:  # If something needed is missing, a check below fails.
            yield Finding(package, version)
    checks: dict[str, Callable[[], str]] = {
        "recipe": lambda: doctor_checks.recipe(settings),
        # Before this process holds a GPU: some sites give a GPU to one process at a time.
        "workers' connection": lambda: doctor_checks.connection(gpus),
        "training and prediction": lambda: doctor_checks.training(settings, gpus),
        "devices": lambda: doctor_checks.devices(gpus),
        "RoIAlign and NMS": lambda: doctor_checks.operators(gpus),
    }
    for what, check in checks.items():
        yield _finding(what, check)


def _finding(what: str, check: Callable[[], str]) -> Finding:
    started = time.monotonic()
    try:
        found = check()
    except Exception as error:  # the table reports any error
        return Finding(what, f"{type(error).__name__}: {' '.join(str(error).split())}", False)
    return Finding(what, f"{found} ({time.monotonic() - started:.1f} s)")


def _programs(settings: CommandTraining) -> str:
    settings.check_early()
    check_programs(settings, "train", "predict")
    return "both programs exist; whether they can train is not checked"
