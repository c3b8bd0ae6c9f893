"""Pairs of runs with the same seed, and the variants compared by them."""

from collections.abc import Iterable, Mapping

from run_equivalence.pairs import FEWEST_PAIRS, PairedRuns
from run_equivalence.welch import SampleStatistics

from workflow_scripts.analysis.statistics.sources import Values
from workflow_scripts.contracts.runs import ExpectedRuns
from workflow_scripts.contracts.settings import Statistics

PairsByVariant = Mapping[str, Mapping[str, SampleStatistics]]
"""Differences of paired runs by variant, then by class and `all`."""


def pairs_of(values: Values, variant: str, reference: str) -> dict[str, PairedRuns]:
    """The pairs of a variant and the reference, by class and `all`."""
    return {
        name: PairedRuns.of(of_variant, values[reference][name])
        for name, of_variant in values[variant].items()
    }


def planned_pairs(expected: ExpectedRuns, variant: str, reference: str) -> int:
    """Seeds planned for both."""
    return len({*expected.seeds_of(variant)} & {*expected.seeds_of(reference)})


def paired_differences(
    values: Values,
    expected: ExpectedRuns,
    reference: str,
    settings: Statistics,
    unpaired: Iterable[str],
) -> PairsByVariant:
    """Differences of pairs, for the variants to be compared by pairs.

    Args:
        values: runs by seed.
        expected: the planned runs, whose number `auto` decides by.
        reference: variant that the others are compared with.
        settings: whether to pair.
        unpaired: variants with shifted seeds, such as A/A controls.
    """
    fewest = {"auto": FEWEST_PAIRS, True: 0, False: None}[settings.paired]
    if fewest is None:
        return {}
    return {
        variant: {name: pairs.statistics for name, pairs in by_class.items()}
        for variant in values
        if variant != reference
        and variant not in {*unpaired}
        and planned_pairs(expected, variant, reference) >= fewest
        for by_class in [pairs_of(values, variant, reference)]
    }
