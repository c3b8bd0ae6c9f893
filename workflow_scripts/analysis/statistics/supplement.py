"""Supplementary analyses: pairs, exact tests, effect sizes, partial pooling."""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor

from run_equivalence.effects import effect_sizes
from run_equivalence.pairs import PairedRuns
from run_equivalence.permutation import ExactTest, permutation_test, sign_flip_test
from run_equivalence.pooling import Pooled, pooled_effects
from run_equivalence.power import runs_for_equivalence, runs_for_non_inferiority
from run_equivalence.verdicts import ClassVerdict, Question, Verdict, conclusion
from run_equivalence.welch import Difference, SampleStatistics

from workflow_scripts.analysis.statistics.pairing import pairs_of
from workflow_scripts.analysis.statistics.sources import Samples, Values
from workflow_scripts.contracts.runs import ALL
from workflow_scripts.contracts.settings import VerdictSettings
from workflow_scripts.contracts.supplements import (
    BesideName,
    ClassSupplement,
    ExactVerdicts,
    SeedPairs,
    Supplement,
    VariantSupplement,
)
from workflow_scripts.contracts.verdicts import ExperimentVerdict, Role, VariantVerdict


def supplement_of(
    verdict: ExperimentVerdict,
    samples: Samples,
    values: Values | None,
    further: Mapping[BesideName, Sequence[VariantVerdict]] | None = None,
    threads: int = 1,
) -> Supplement:
    """The numbers of the supplement; `supplement_formats.with_text` adds the text.

    Args:
        verdict: the verdict.
        samples: the samples that were judged.
        values: the runs by seed; None for a printed table, which allows neither pairs nor exact
            tests.
        further: further measures of the same variants, such as groups of objects; empty for a
            printed table.
        threads: number of variants processed at a time.
    """
    settings = verdict.settings
    judged = {
        name: {of.variant: of.rows for of in verdicts} for name, verdicts in (further or {}).items()
    }
    with ThreadPoolExecutor(threads) as pool:
        rows = pool.map(lambda of: _rows(verdict, of, samples, values), verdict.variants)
    return Supplement(
        reference=verdict.reference,
        question=settings.question,
        margins=settings.margins,
        level=settings.test_level,
        variants=tuple(
            VariantSupplement(
                variant=of.variant,
                role=of.role,
                rows=of_variant,
                **{name: beside.get(of.variant, ()) for name, beside in judged.items()},
            )
            for of, of_variant in zip(verdict.variants, rows, strict=True)
        ),
    )


def _rows(
    verdict: ExperimentVerdict, of: VariantVerdict, samples: Samples, values: Values | None
) -> tuple[ClassSupplement, ...]:
    settings, reference = verdict.settings, verdict.reference
    groups = (
        _counted(of, of.variant, samples, values, reference),
        _counted(of, reference, samples, values, reference),
    )
    pooled = _pooled(of, *groups, settings, with_images=False)
    with_images = _pooled(of, *groups, settings, with_images=True)
    # The seeds of an A/A control are shifted, so its runs are not pairs.
    pairs = pairs_of(values, of.variant, reference) if values is not None else {}
    found = []
    for row in of.rows:
        if row.welch_p is None:
            found.append(ClassSupplement(name=row.name))
            continue
        sample, other = groups[0][row.name], groups[1][row.name]
        paired = pairs.get(row.name) if of.role is not Role.AA_CONTROL else None
        found.append(
            ClassSupplement(
                name=row.name,
                effects=effect_sizes(sample, other, settings.test_level),
                pairs=None if paired is None else _pairs(paired, sample, other, settings),
                exact=None if values is None else _exact(row, paired, values, of, verdict),
                pooled=pooled.get(row.name),
                pooled_with_images=with_images.get(row.name),
            )
        )
    return tuple(found)


def _counted(
    of: VariantVerdict, side: str, samples: Samples, values: Values | None, reference: str
) -> dict[str, SampleStatistics]:
    """Samples of one side by class; only paired runs if the verdict pairs."""
    found = dict(samples[side])
    for row in of.rows:
        if values is not None and row.pairs is not None:
            partners = values[of.variant][row.name].keys() & values[reference][row.name].keys()
            runs = values[side][row.name].items()
            found[row.name] = SampleStatistics.of([ap for seed, ap in runs if seed in partners])
    return found


def _pooled(
    of: VariantVerdict,
    samples: Mapping[str, SampleStatistics],
    references: Mapping[str, SampleStatistics],
    settings: VerdictSettings,
    *,
    with_images: bool,
) -> dict[str, Pooled]:
    """Posterior by class; empty if the images are requested but unknown."""
    tested = [row for row in of.rows if row.welch_p is not None]
    added = {row.name: row.with_images.error**2 for row in tested if row.with_images}
    if with_images and not added:
        return {}
    names = [row.name for row in tested]
    return pooled_effects(
        {name: samples[name] for name in names},
        {name: references[name] for name in names},
        settings.margins,
        settings.test_level,
        added=added if with_images else None,
        overall=ALL,
    )


def _pairs(
    paired: PairedRuns,
    sample: SampleStatistics,
    reference: SampleStatistics,
    settings: VerdictSettings,
) -> SeedPairs | None:
    """The runs as pairs; None if they cannot be tested."""
    differences = paired.statistics
    if not differences.has_spread:
        return None
    both_ways = settings.question is Question.EQUIVALENCE
    planned = runs_for_equivalence if both_ways else runs_for_non_inferiority
    tested = Difference.of_pairs(differences)
    p_within = tested.p_equivalent if both_ways else tested.p_not_worse
    low, high = tested.interval(settings.test_level)

    def runs(*stds: float) -> tuple[int | None, ...]:
        return tuple(
            planned(0.0, margin, stds, settings.test_level, settings.power)
            for margin in settings.margins
        )

    return SeedPairs(
        n=differences.n,
        correlation=paired.correlation(settings.test_level),
        difference=tested.value,
        low=low,
        high=high,
        p_different=tested.p_different(),
        p_within=tuple(p_within(margin) for margin in settings.margins),
        runs=runs(differences.std),
        runs_independent=runs(sample.std, reference.std),
    )


def _exact(
    row: ClassVerdict,
    paired: PairedRuns | None,
    values: Values,
    of: VariantVerdict,
    verdict: ExperimentVerdict,
) -> ExactVerdicts | None:
    """The exact test of the runs, paired or independent like the verdict."""
    settings = verdict.settings
    of_pairs = row.pairs is not None and paired is not None
    test: ExactTest | None
    if row.pairs is not None and paired is not None:
        test = sign_flip_test(paired.differences, settings.margins)
    else:
        groups = [values[name][row.name] for name in (of.variant, verdict.reference)]
        test = permutation_test(
            list(groups[0].values()), list(groups[1].values()), settings.margins
        )
    if test is None:
        return None
    both_ways = settings.question is Question.EQUIVALENCE
    return ExactVerdicts(
        test=test,
        of_pairs=of_pairs,
        verdicts=tuple(
            conclusion(
                settings.question, p, test.p_different, row.difference or 0, settings.test_level
            )
            for p in (test.p_equivalent if both_ways else test.p_not_worse)
        ),
    )


def disagreements(
    row: ClassVerdict, beside: ClassSupplement
) -> list[tuple[float, Verdict, Verdict]]:
    """Margin, verdict and exact verdict where they differ."""
    if beside.exact is None:
        return []
    return [
        (at.margin, at.verdict, exact)
        for at, exact in zip(row.margins, beside.exact.verdicts, strict=True)
        if exact is not at.verdict
    ]
