"""Variance shares of an experiment, from its verdict, its runs and its config."""

from collections.abc import Mapping
from dataclasses import dataclass

from figures_and_tables.tables import TextTable
from run_equivalence.variance import GroupComponents, group_components

from workflow_scripts.analysis.report.cost import costs
from workflow_scripts.analysis.report.results import ExperimentResults
from workflow_scripts.analysis.statistics.variance import Spread, advice, caption, shares_table
from workflow_scripts.contracts.run_layout import group_of


@dataclass(frozen=True)
class VarianceReport:
    """Sources of the variance of the differences, as text."""

    table: TextTable
    caption: str
    advice: tuple[str, ...]


def variance_report(results: ExperimentResults) -> VarianceReport | None:
    """Shares and advice; None if no variance is known."""
    verdict = results.verdict
    if verdict is None:
        return None
    spreads = spreads_of(results)
    table = shares_table(verdict, spreads)
    if table is None:
        return None
    return VarianceReport(
        table=table,
        caption=caption(verdict, spreads),
        advice=tuple(advice(verdict, spreads, _hours(results))),
    )


def spreads_of(results: ExperimentResults) -> dict[str, Spread]:
    """Twins and initialisations that each variant's runs are spread over, from the provenance."""
    config = results.provenance.config if results.provenance else {}
    initialisations = config.get("training", {}).get("initialisation_seeds")
    return {
        name: _spread(settings, _values(results, name), initialisations)
        for name, settings in config.get("variants", {}).items()
    }


Values = Mapping[str, Mapping[int, float]]
"""Values that the verdict compares, by class and `all`, and by seed: APs, or differences of
pairs."""


def _values(results: ExperimentResults, variant: str) -> Values:
    judged = results.verdict.variants if results.verdict else ()
    paired = any(of.variant == variant and of.over_all.pairs is not None for of in judged)
    own, others = (
        {run.seed: run.aps for run in results.runs if run.variant == name}
        for name in (variant, results.reference)
    )
    names = dict.fromkeys(name for aps in own.values() for name in aps)
    return {
        name: {
            seed: ap - base
            for seed, aps in own.items()
            if (ap := aps.get(name)) is not None
            and (base := others.get(seed, {}).get(name) if paired else 0.0) is not None
        }
        for name in names
    }


def _spread(settings: Mapping[str, object], values: Values, initialisations: int | None) -> Spread:
    twins = settings.get("twins", 1)
    number = twins if isinstance(twins, int) else 1
    return Spread(
        # A drop that is not at random has the key as well, without effect.
        by_seed="seed" in settings and settings.get("at_random", True) is True,
        twins=number,
        of_twins=_components(values, number) if number > 1 else {},
        initialisations=initialisations,
        of_initialisations=_components(values, initialisations) if initialisations else {},
    )


def _components(values: Values, number: int) -> dict[str, GroupComponents | None]:
    """Variance components of each class and of `all` over groups of runs, if separable."""
    found = {}
    for name, of in values.items():
        groups: dict[int, list[float]] = {}
        for seed, value in of.items():
            groups.setdefault(group_of(seed, number), []).append(value)
        found[name] = group_components(list(groups.values())) if groups else None
    return found


def _hours(results: ExperimentResults) -> dict[str, float]:
    """Recorded device hours per run, by variant."""
    return {cost.variant: cost.device_hours / cost.runs for cost in costs(results.runs)}
