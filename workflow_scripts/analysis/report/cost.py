"""Cost of the trainings, and of all jobs."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from figures_and_tables.tables import TextTable

from workflow_scripts.analysis.report.results import Run
from workflow_scripts.analysis.usage import HEADERS, rows_of
from workflow_scripts.contracts.trainings import TrainingRecord
from workflow_scripts.contracts.usage import Usage


@dataclass(frozen=True)
class Cost:
    """Cost of the trainings of one variant."""

    variant: str
    runs: int
    seconds: float
    """Total duration of all runs."""
    device_hours: float
    """Device time: duration times number of devices, summed over the runs."""
    devices: str
    """Devices of a run, as text."""
    memory_mib: int | None
    """Peak memory of a GPU, or of a process on the CPU; None if unknown."""


def stage_tables(records: Sequence[Usage]) -> list[TextTable]:
    """One table of all stages; empty if nothing was recorded."""
    columns = tuple(header[:1].upper() + header[1:] for header in HEADERS.values())
    rows = tuple(map(tuple, rows_of(records)))
    return [TextTable(title="All jobs by stage", columns=columns, rows=rows)] if records else []


def costs(runs: Iterable[Run]) -> list[Cost]:
    """Costs of the finished runs by variant, in the order of the runs."""
    facts: dict[str, list[TrainingRecord]] = {}
    for run in runs:
        if run.training and run.training.seconds is not None:
            facts.setdefault(run.variant, []).append(run.training)
    return [_cost(variant, of) for variant, of in facts.items()]


def _cost(variant: str, facts: Sequence[TrainingRecord]) -> Cost:
    devices = dict.fromkeys(_devices(fact) for fact in facts)
    memory = [
        worker.get("gpu", worker.get("rss")) for fact in facts for worker in fact.peak_memory_mib
    ]
    return Cost(
        variant=variant,
        runs=len(facts),
        seconds=sum(fact.seconds or 0 for fact in facts),
        device_hours=sum((fact.seconds or 0) * (fact.world_size or 1) for fact in facts) / 3600,
        devices=", ".join(devices),
        memory_mib=max((mib for mib in memory if mib is not None), default=None),
    )


def _devices(fact: TrainingRecord) -> str:
    names = fact.devices or ()
    return ", ".join(f"{names.count(name)} × {name}" for name in dict.fromkeys(names))
