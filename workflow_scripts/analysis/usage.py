"""Resource usage by stage."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from workflow_scripts.contracts.usage import Usage

NOT_RECORDED = "not recorded"
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
"""Formats of the columns without two decimals."""


@dataclass(frozen=True)
class Amount:
    """A sum, mean or maximum over jobs, some of which may have no record."""

    value: float | None
    known: int
    """Number of jobs with a record."""
    jobs: int

    def text(self, form: str) -> str:
        """The value in a format such as `.1f`, with the number of recorded jobs if not all are."""
        if self.value is None:
            return NOT_RECORDED
        of = "" if self.known == self.jobs else f" ({self.known} of {self.jobs} jobs)"
        return f"{self.value:{form}}{of}"


@dataclass(frozen=True)
class StageUsage:
    """Resource usage of all jobs of a stage."""

    stage: str
    jobs: int
    attempts: int
    hours: Amount
    """Total time of all attempts."""
    queued_hours: Amount
    """Total queue time of all attempts."""
    gpu_hours: Amount
    gpu_idle: Amount
    """Share of the GPU-hours without computation, 0 to 1."""
    cpu_hours: Amount
    """Allocated core time, used or not."""
    cpu_idle: Amount
    energy_kwh: Amount
    peak_rss_gib: Amount


def by_stage(records: Iterable[Usage]) -> list[StageUsage]:
    """Usage of each stage, in the order of their first jobs, and of all together."""
    ordered = sorted(records, key=lambda record: record.start)
    stages: dict[str, list[Usage]] = {}
    for record in ordered:
        stages.setdefault(record.stage, []).append(record)
    summed = [stage_usage(stage, members) for stage, members in stages.items()]
    return [*summed, stage_usage("all", ordered)] if summed else []


def rows_of(records: Iterable[Usage]) -> list[list[str]]:
    """Rows of a table with the columns `HEADERS`."""
    return [row(stage) for stage in by_stage(records)]


def row(usage: StageUsage) -> list[str]:
    """One row of the table."""
    cells = [usage.stage, str(usage.jobs), str(usage.attempts)]
    for name in list(HEADERS)[3:]:
        amount = getattr(usage, name)
        # Without an allocation, nothing could be idle.
        nothing = name.endswith("_idle") and not amount.jobs
        cells.append("" if nothing else amount.text(FORMATS.get(name, ".2f")))
    return cells


def stage_usage(stage: str, records: Sequence[Usage]) -> StageUsage:
    """Resource usage of some attempts."""
    return StageUsage(
        stage=stage,
        jobs=len({record.job for record in records}),
        attempts=len(records),
        hours=_sum(records, lambda r: r.held_seconds, 1 / 3600),
        queued_hours=_sum(records, lambda r: r.queued_seconds, 1 / 3600),
        gpu_hours=_sum(records, _gpu_seconds, 1 / 3600),
        gpu_idle=_idle(records, _gpu_seconds, _busy_gpu_seconds),
        cpu_hours=_sum(records, _core_seconds, 1 / 3600),
        cpu_idle=_idle(records, _core_seconds, lambda r: r.cpu_seconds),
        energy_kwh=_sum(records, lambda r: r.energy_j, 1 / 3.6e6),
        peak_rss_gib=_amount(records, lambda r: r.peak_rss_mib, lambda v: max(v) / 1024),
    )


def _gpu_seconds(record: Usage) -> float | None:
    return _product(record.gpus, record.held_seconds)


def _busy_gpu_seconds(record: Usage) -> float | None:
    return _product(record.gpu_utilisation, _product(record.gpus, record.seconds))


def _core_seconds(record: Usage) -> float | None:
    return _product(record.cores, record.held_seconds)


def _product(a: float | None, b: float | None) -> float | None:
    return None if a is None or b is None else a * b


def _sum(records: Sequence[Usage], value: Callable[[Usage], float | None], factor: float) -> Amount:
    return _amount(records, value, lambda values: factor * sum(values))


def _amount(
    records: Sequence[Usage],
    value: Callable[[Usage], float | None],
    combined: Callable[[list[float]], float],
) -> Amount:
    values = [found for record in records if (found := value(record)) is not None]
    return Amount(combined(values) if values else None, len(values), len(records))


def _idle(
    records: Sequence[Usage],
    given: Callable[[Usage], float | None],
    busy: Callable[[Usage], float | None],
) -> Amount:
    """One minus the busy share of the allocation, over jobs where both are known."""
    pairs = [
        (had, used)
        for record in records
        if (had := given(record)) and (used := busy(record)) is not None
    ]
    those_with_any = sum(given(record) != 0 for record in records)
    if not pairs:
        return Amount(None, 0, those_with_any)
    had, used = (sum(column) for column in zip(*pairs, strict=True))
    return Amount(max(0.0, 1 - used / had), len(pairs), those_with_any)
