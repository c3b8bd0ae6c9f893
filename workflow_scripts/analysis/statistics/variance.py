"""Sources of the variance of each difference, and where further runs help most."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import pandas as pd
from figures_and_tables.latex import UNDEFINED
from figures_and_tables.tables import TextTable
from run_equivalence.variance import DifferenceVariance, GroupComponents, gain_of_a_run
from run_equivalence.verdicts import ClassVerdict, Verdict
from scipy import special

from workflow_scripts.analysis.numbers import points, signed, unsigned
from workflow_scripts.contracts.runs import ALL
from workflow_scripts.contracts.verdicts import ExperimentVerdict, Role, VariantVerdict

MOSTLY = 0.5
"""Minimum share of a source that is called most of the variance."""
PLAUSIBLE_ERRORS = 2.0
"""Maximum difference of an A/A control that is consistent with chance, in standard errors."""
TITLE = "Shares of the variance of the difference in mean {ap}"
CAPTION = (
    "Its runs, reference: what the runs of the variant and of {reference} contribute{seeds} "
    "Test images: the variance between sets of similar images, by resampling; an "
    "estimate below 0 counts as 0. Drawing: the part of the variant's runs that comes from drawing "
    "its images with another seed (twins); not varied: all runs share one twin, so no interval "
    "includes this source. ±: half the width of the {confidence} interval in points: now, with "
    "twice the runs of both, and with unlimited runs, if the observed standard deviations are true."
)
ONE_SEED = (
    "; a run's seed decides its initialisation, the order of its images and their augmentation "
    "together."
)
TWO_SEEDS = (
    ". Initialisation, order: the parts of its runs, with {confidence} intervals, that come from "
    "the random initial weights, which runs share, and from all else that a run's seed decides: "
    "the order of the images, augmentation, sampling."
)


@dataclass(frozen=True)
class Spread:
    """Twins and initialisations that the runs of a variant are spread over."""

    by_seed: bool
    """Whether the images depend on a seed of the method."""
    twins: int
    """Number of twins that the runs are spread over."""
    of_twins: Mapping[str, GroupComponents | None]
    """Variance between and within twins, by class and `all`; empty with a single twin."""
    initialisations: int | None = None
    """Number of initialisations that the runs are spread over; None if each has its own."""
    of_initialisations: Mapping[str, GroupComponents | None] = field(default_factory=dict)
    """Variance between and within initialisations, by class and `all`."""


@dataclass(frozen=True)
class VarianceRow:
    """The difference of a variant for one class or for the mean."""

    variant: VariantVerdict
    verdict: ClassVerdict
    sources: DifferenceVariance

    @property
    def of_runs(self) -> tuple[float | None, float | None]:
        """Shares of the variant's and the reference's runs; for pairs, one share for both."""
        own, *others = self.sources.shares[:-1]
        return own, (others[0] if others else None)

    @property
    def of_images(self) -> float | None:
        """Share of the test images; None if unknown."""
        return None if self.sources.images is None else self.sources.shares[-1]


def variance_rows(verdict: ExperimentVerdict) -> list[VarianceRow]:
    """The differences whose variance is known, by variant, then by class and `all`."""
    return [
        VarianceRow(of, row, sources)
        for of in verdict.variants
        for row in of.rows
        if (sources := _sources(row, verdict.settings.test_level)) is not None
    ]


def _sources(row: ClassVerdict, level: float) -> DifferenceVariance | None:
    if row.interval is None or row.df is None:
        return None
    parts: tuple[tuple[float, int], ...]
    if row.pairs is None:
        parts = tuple((of.std or 0.0, of.n) for of in (row.variant, row.reference))
    else:
        # The verdict does not store the deviation of the pairs' differences, but the interval
        # determines it.
        low, high = row.interval
        error = (high - low) / 2 / float(special.stdtrit(row.df, 1 - level))
        parts = ((error * math.sqrt(row.pairs), row.pairs),)
    images = row.with_images
    return DifferenceVariance(
        parts=parts,
        images=images.error if images else None,
        groups=images.groups if images else 1.0,
    )


def shares_table(verdict: ExperimentVerdict, spreads: Mapping[str, Spread]) -> TextTable | None:
    """A row per variant, for mean AP; None if no variance is known.

    Args:
        verdict: the verdict.
        spreads: spreads by variant; a missing one was not recorded.
    """
    rows = _of_means(verdict)
    if not rows:
        return None
    level = verdict.settings.test_level
    of_runs = ("Initialisation", "Order") if _initialisations(spreads) else ()
    return TextTable(
        title=TITLE.format(ap=verdict.task.ap),
        columns=(
            *("Variant", "Difference", "Its runs", *of_runs, "Reference", "Test images"),
            *("Drawing", "± now", "± twice", "± unlimited"),
        ),
        rows=tuple(
            (
                row.variant.variant,
                signed(row.verdict.difference),
                _percent(row.of_runs[0]),
                *(_initialised(row, spreads.get(row.variant.variant), level) if of_runs else ()),
                "paired" if row.verdict.pairs else _percent(row.of_runs[1]),
                _percent(row.of_images),
                _drawn(row, spreads.get(row.variant.variant)),
                unsigned(row.sources.reach(level)),
                unsigned(row.sources.reach(level, 2)),
                UNDEFINED
                if row.sources.images is None
                else unsigned(row.sources.reach(level, math.inf)),
            )
            for row in rows
        ),
    )


def _initialisations(spreads: Mapping[str, Spread]) -> int | None:
    """Number of initialisations shared by the runs of all variants, or None."""
    return next((spread.initialisations for spread in spreads.values()), None)


def caption(verdict: ExperimentVerdict, spreads: Mapping[str, Spread]) -> str:
    """Explanation of the columns; the arguments are those of `shares_table`."""
    confidence = _confidence(verdict)
    seeds = TWO_SEEDS.format(confidence=confidence) if _initialisations(spreads) else ONE_SEED
    return CAPTION.format(reference=verdict.reference, confidence=confidence, seeds=seeds)


def _confidence(verdict: ExperimentVerdict) -> str:
    return f"{100 * (1 - 2 * verdict.settings.test_level):.3g} %"


def as_frame(verdict: ExperimentVerdict, spreads: Mapping[str, Spread]) -> pd.DataFrame:
    """Every class of every variant; fractions of 1; undefined numbers are missing."""
    level = verdict.settings.test_level
    rows = variance_rows(verdict)
    return pd.DataFrame([_numbers(row, spreads.get(row.variant.variant), level) for row in rows])


def _numbers(row: VarianceRow, spread: Spread | None, level: float) -> dict[str, object]:
    """Columns of a difference."""
    share, low, high = _of_initialisation(row, spread, level) or (None, None, None)
    of_images = row.sources.images is not None
    return {
        "variant": row.variant.variant,
        "class": row.verdict.name,
        "difference": row.verdict.difference,
        "error": row.sources.error,
        "share_variant_runs": row.of_runs[0],
        "share_reference_runs": row.of_runs[1],
        "share_images": row.of_images,
        "share_drawing": _of_drawing(row, spread),
        "share_initialisation": share,
        "share_initialisation_low": low,
        "share_initialisation_high": high,
        "reach": row.sources.reach(level),
        "reach_twice_the_runs": row.sources.reach(level, 2),
        "reach_unlimited_runs": row.sources.reach(level, math.inf) if of_images else None,
    }


def _of_means(verdict: ExperimentVerdict) -> list[VarianceRow]:
    return [row for row in variance_rows(verdict) if row.verdict is row.variant.over_all]


def _percent(share: float | None) -> str:
    return UNDEFINED if share is None or math.isnan(share) else f"{100 * share:.0f} %"


def _of_drawing(row: VarianceRow, spread: Spread | None) -> float | None:
    """Share of the drawing in the variance of the difference; None if unknown."""
    found = spread and spread.of_twins.get(row.verdict.name)
    return found.share * (row.of_runs[0] or 0.0) if found else None


def _drawn(row: VarianceRow, spread: Spread | None) -> str:
    if spread is None:
        return "not recorded"
    if not spread.by_seed:
        return UNDEFINED
    if spread.twins == 1:
        return "not varied"
    share = _of_drawing(row, spread)
    if share is None:
        return f"in its runs ({spread.twins} twins)"
    return f"{_percent(share)} ({spread.twins} twins)"


def _of_initialisation(
    row: VarianceRow, spread: Spread | None, level: float
) -> tuple[float, float, float] | None:
    """Share of the initialisation in the variance of the difference, and the interval's ends.

    It is a part of the share of the variant's runs, which counts them as independent. None if
    unknown.
    """
    found = spread and spread.of_initialisations.get(row.verdict.name)
    if not found or math.isnan(found.share_of_a_run):
        return None
    low, high = found.interval(level)
    whole = row.of_runs[0] or 0.0
    return found.share_of_a_run * whole, low * whole, high * whole


def _initialised(row: VarianceRow, spread: Spread | None, level: float) -> tuple[str, str]:
    """Shares of the initialisation and of the rest of a run's seed, each with its interval."""
    found = _of_initialisation(row, spread, level)
    if found is None:
        return UNDEFINED, UNDEFINED
    share, low, high = found
    whole = row.of_runs[0] or 0.0
    return _with_interval(share, low, high), _with_interval(
        whole - share, whole - high, whole - low
    )


def _with_interval(share: float, low: float, high: float) -> str:
    return f"{_percent(share)} ({100 * low:.0f} to {100 * high:.0f})"


def advice(
    verdict: ExperimentVerdict, spreads: Mapping[str, Spread], hours: Mapping[str, float]
) -> list[str]:
    """Advice on further runs, images or twins, one sentence each.

    Args:
        verdict: the verdict.
        spreads: as in `shares_table`.
        hours: known device hours per run, by variant.
    """
    rows = [row for row in _of_means(verdict) if row.variant.role is Role.TREATMENT]
    undecided = [row for row in rows if _is_undecided(row)]
    said = [_on_runs(row, verdict.settings.test_level) for row in undecided]
    helped = [row for row in undecided if not _is_beyond_runs(row, verdict.settings.test_level)]
    if best := _best_spent(helped, verdict.reference, hours):
        said.append(best)
    said += [line for row in rows for line in _on_twins(row, spreads.get(row.variant.variant))]
    said += _on_initialisations(verdict, spreads)
    return [*said, *_on_aa_controls(verdict)]


def _is_undecided(row: VarianceRow) -> bool:
    """Whether the first margin is undecided."""
    return row.verdict.margins[0].claimed is Verdict.INCONCLUSIVE


def _is_beyond_runs(row: VarianceRow, level: float) -> bool:
    """Whether the contribution of the test images alone exceeds the first margin."""
    if row.sources.images is None:
        return False
    return row.sources.reach(level, math.inf) >= row.verdict.margins[0].margin


def _on_runs(row: VarianceRow, level: float) -> str:
    name, margin = row.variant.variant, points(row.verdict.margins[0].margin)
    now, twice = (f"± {unsigned(row.sources.reach(level, more))}" for more in (1, 2))
    if _is_beyond_runs(row, level):
        alone = unsigned(row.sources.reach(level, math.inf))
        return (
            f"{name} is undecided within {margin}, and no number of runs decides it for other "
            f"images like these: the test images alone contribute ± {alone}. More test images "
            "would."
        )
    said = f"{name} is undecided within {margin}: twice the runs narrow {now} to {twice}"
    if (row.of_images or 0.0) > MOSTLY:
        return (
            f"{said}; most of the variance comes from the test images, so more of them help more."
        )
    return f"{said}."


def _best_spent(
    rows: Sequence[VarianceRow], reference: str, hours: Mapping[str, float]
) -> str | None:
    """The variant whose next run reduces the variance of undecided differences most."""
    gains: dict[str, float] = {}
    for row in rows:
        if row.verdict.pairs is not None:
            continue  # a single run does not make a pair
        for name, of in zip((row.variant.variant, reference), row.sources.parts, strict=True):
            gains[name] = gains.get(name, 0.0) + gain_of_a_run(*of)
    if not gains:
        pairs = [row.variant.variant for row in rows]
        return (
            f"Further runs of {' and '.join(pairs)} and {reference} come in pairs with the same "
            "seed."
            if pairs
            else None
        )
    known = all(hours.get(name) for name in gains)
    worth = {name: gain / (hours[name] if known else 1.0) for name, gain in gains.items()}
    best = max(worth, key=lambda name: worth[name])
    whole = sum(row.sources.error**2 for row in rows)
    share = _percent(gains[best] / whole)
    cost = f" ({hours[best]:.1f} device hours)" if known else ""
    return (
        f"The next GPU hour is best spent on {best}: one more run{cost} reduces the "
        f"variance of undecided differences by {share}."
    )


def _on_twins(row: VarianceRow, spread: Spread | None) -> Iterator[str]:
    name, runs = row.variant.variant, row.verdict.variant.n
    if spread is None or not spread.by_seed:
        return
    if spread.twins == 1:
        yield (
            f"All runs of {name} share one drawing of the images: no interval includes its "
            f"variance. With twins: {runs} in variants.{name}, each of {runs} runs has its own."
        )
    elif spread.twins < runs:
        yield (
            f"{runs} runs of {name} share {spread.twins} twins, and count as independent; they "
            f"are with twins: {runs}."
        )


def _on_initialisations(verdict: ExperimentVerdict, spreads: Mapping[str, Spread]) -> Iterator[str]:
    """Share of the initialisation by the reference's runs, and the cost of measuring it."""
    shared = _initialisations(spreads)
    if shared is None:
        return
    spread = spreads.get(verdict.reference)
    found = spread and spread.of_initialisations.get(ALL)
    if found and not math.isnan(found.share_of_a_run):
        low, high = (100 * end for end in found.interval(verdict.settings.test_level))
        yield (
            f"Between the runs of {verdict.reference}, the initialisation is "
            f"{_percent(found.share_of_a_run)} of the variance ({_confidence(verdict)} interval "
            f"{low:.0f} to {high:.0f} %), the order of the images and everything else the rest."
        )
    judged = [of.over_all for of in verdict.variants]
    if any(max(row.variant.n, row.reference.n) > shared for row in judged):
        yield (
            f"Runs share {shared} initialisations, and count as independent; they are without "
            "training.initialisation_seeds."
        )


def _on_aa_controls(verdict: ExperimentVerdict) -> Iterator[str]:
    for row in _of_means(verdict):
        if row.variant.role is not Role.AA_CONTROL or not row.sources.error:
            continue
        errors = abs(row.verdict.difference or 0.0) / row.sources.error
        fits = (
            "consistent with chance"
            if errors <= PLAUSIBLE_ERRORS
            else "more than these sources explain"
        )
        yield (
            f"{row.variant.variant}, in which nothing was changed, differs by {errors:.1f} "
            f"standard errors: {fits}."
        )
