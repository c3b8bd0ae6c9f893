"""What the trainings took."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from workflow_scripts.analysis.report.results import Run
from workflow_scripts.analysis.usage import HEADERS, rows_of
from workflow_scripts.contracts.trainings import TrainingRecord
from workflow_scripts.contracts.usage import Usage


@dataclass(frozen=True)
class Cost:
    """Of one variant's trainings."""

    variant: str
    runs: int
    seconds: float
    """Of all runs, one after another."""
    device_hours: float
    """The same, times the devices of each run."""
    devices: str
    """What a run computed on."""
    memory_mib: int | None
    """The most that a device held, or a process where there was none; None if unknown."""


@dataclass(frozen=True)
class StageTable:
    """What the jobs of each stage used, as their records have it."""

    title: str
    columns: tuple[str, ...]
    rows: list[list[str]]


def stage_tables(records: Sequence[Usage]) -> list[StageTable]:
    """One table of all stages; none if nothing was recorded."""
    columns = tuple(header[:1].upper() + header[1:] for header in HEADERS.values())
    return [StageTable("All jobs by stage", columns, rows_of(records))] if records else []


def costs(runs: Iterable[Run]) -> list[Cost]:
    """By variant, in the order of the runs; runs that did not end are left out."""
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
