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
    """Check whether this machine can train what the config asks for.

    Looks at versions and devices, lets the GPUs communicate, and makes one step of a training on
    drawn frames and a prediction. Prints a table. It needs no data set and no weights.

    Args:
        gpus: number of GPUs of a training; 0 examines the CPU.

    Raises:
        UserError: something does not work.
    """
    chosen = choose_gpus(gpus)
    os.environ["CUDA_VISIBLE_DEVICES"] = ",".join(chosen)
    findings = list(examine(settings, len(chosen)))
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
    if isinstance(settings, CommandTraining):
        yield _finding("programs", lambda: _programs(settings))
        return
    # Only now: importing torch takes seconds, and the GPUs are chosen before.
    from workflow_scripts.training import doctor_checks, provenance  # noqa: PLC0415

    for package, version in provenance.versions_and_cuda().items():
        if version:  # What is missing and needed fails below.
            yield Finding(package, version)
    checks: dict[str, Callable[[], str]] = {
        "recipe": lambda: doctor_checks.recipe(settings),
        # Before this process holds a GPU, which some sites give to one process at a time.
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
    except Exception as error:  # whatever is wrong here is what the table is for
        return Finding(what, f"{type(error).__name__}: {' '.join(str(error).split())}", False)
    return Finding(what, f"{found} ({time.monotonic() - started:.1f} s)")


def _programs(settings: CommandTraining) -> str:
    settings.check_early()
    check_programs(settings, "train", "predict")
    return "both can be started; whether they can train is theirs to say"
