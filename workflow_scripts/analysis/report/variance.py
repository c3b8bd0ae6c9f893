"""Variance shares of an experiment, from its verdict, its runs and its config."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from figures_and_tables.tables import TextTable
from run_equivalence.variance import GroupComponents, group_components

from workflow_scripts.analysis.report.cost import costs
from workflow_scripts.analysis.report.results import ExperimentResults, Run
from workflow_scripts.analysis.statistics.variance import Drawing, advice, caption, shares_table
from workflow_scripts.contracts.layout import twin_of


@dataclass(frozen=True)
class VarianceReport:
    """Where the variance of the differences comes from, as text."""

    table: TextTable
    caption: str
    advice: tuple[str, ...]


def variance_report(results: ExperimentResults) -> VarianceReport | None:
    """Shares and advice; None where no variance is known."""
    verdict = results.verdict
    if verdict is None:
        return None
    drawings = drawings_of(results)
    table = shares_table(verdict, drawings)
    if table is None:
        return None
    return VarianceReport(
        table=table,
        caption=caption(verdict),
        advice=tuple(advice(verdict, drawings, _hours(results))),
    )


def drawings_of(results: ExperimentResults) -> dict[str, Drawing]:
    """How the images of each variant were drawn; of variants that the provenance has."""
    config = results.provenance.config if results.provenance else {}
    return {
        name: _drawing(settings, [run for run in results.runs if run.variant == name])
        for name, settings in config.get("variants", {}).items()
    }


def _drawing(settings: Mapping[str, object], runs: Sequence[Run]) -> Drawing:
    twins = settings.get("twins", 1)
    number = twins if isinstance(twins, int) else 1
    names = dict.fromkeys(name for run in runs for name in run.aps)
    return Drawing(
        # A drop that is not at random has the key as well, and its seed is of no use.
        by_seed="seed" in settings and settings.get("at_random", True) is True,
        twins=number,
        components={name: _components(name, runs, number) for name in names} if number > 1 else {},
    )


def _components(name: str, runs: Sequence[Run], twins: int) -> GroupComponents | None:
    """Components of a class, or of `all`, over the runs in which it is defined."""
    groups: dict[int, list[float]] = {}
    for run in runs:
        if (value := run.aps.get(name)) is not None:
            groups.setdefault(twin_of(run.seed, twins), []).append(value)
    return group_components(list(groups.values())) if groups else None


def _hours(results: ExperimentResults) -> dict[str, float]:
    """Device hours of a run, by variant, where they were recorded."""
    return {cost.variant: cost.device_hours / cost.runs for cost in costs(results.runs)}
