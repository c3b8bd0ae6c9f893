"""Conclusions from the supplement, one sentence each."""

from collections.abc import Iterator, Sequence

from run_equivalence.verdicts import MOST_RUNS, ClassVerdict, Question, Verdict

from workflow_scripts.analysis.numbers import points
from workflow_scripts.analysis.statistics.supplement import disagreements
from workflow_scripts.contracts.runs import ALL
from workflow_scripts.contracts.supplements import ClassSupplement, SeedPairs
from workflow_scripts.contracts.verdicts import ExperimentVerdict

Rows = Sequence[tuple[ClassVerdict, ClassSupplement]]


def sentences_of(rows: Rows, verdict: ExperimentVerdict) -> tuple[str, ...]:
    """Sentences on pairs, exact tests and partial pooling of a variant."""
    return (*_of_pairs(rows, verdict), *_of_exact(rows, verdict), *_of_pooling(rows, verdict))


def _named(name: str) -> str:
    return "the mean" if name == ALL else name


def _of_pairs(rows: Rows, verdict: ExperimentVerdict) -> Iterator[str]:
    """Correlation of runs with the same seed in mean AP, and savings by pairing."""
    pairs = next((beside.pairs for row, beside in rows if row.name == ALL), None)
    if pairs is None:
        return
    r = pairs.correlation
    if r is not None:
        bounds = "" if r.low is None else f", interval {r.low:+.2f} to {r.high:+.2f}"
        yield (
            f"Mean AP of runs with the same seed correlates by {r.value:+.2f} ({pairs.n} "
            f"pairs{bounds})."
        )
    used = any(row.pairs is not None for row, _ in rows)
    so = "" if used else " The verdict compares the runs as independent (statistics.paired)."
    yield _saved(pairs, verdict, saves="saves" if used else "would save") + so


def _saved(pairs: SeedPairs, verdict: ExperimentVerdict, *, saves: str) -> str:
    margin = points(verdict.settings.margins[0])
    both_ways = verdict.settings.question is Question.EQUIVALENCE
    claim = "equivalence" if both_ways else "non-inferiority"
    as_pairs, alone = pairs.runs[0], pairs.runs_independent[0]
    if as_pairs is None or alone is None:
        return f"More than {MOST_RUNS} runs would show {claim} of the mean within {margin}."
    start = (
        f"If nothing differs, {claim} of the mean within {margin} takes {as_pairs} pairs, or "
        f"{alone} independent runs per variant"
    )
    if as_pairs < alone:
        saved = alone - as_pairs
        return f"{start}: pairing {saves} {saved} run{'s' * (saved > 1)} per variant."
    return f"{start}: pairing {saves} nothing."


def _of_exact(rows: Rows, verdict: ExperimentVerdict) -> Iterator[str]:
    """Agreement of exact tests with the verdict, and their smallest possible p values."""
    known = [(row, beside.exact) for row, beside in rows if beside.exact is not None]
    if not known:
        return
    level = verdict.settings.test_level
    smallest = max(exact.test.smallest_different for _, exact in known)
    one_sided = max(exact.test.smallest_one_sided for _, exact in known)
    test = "Flipping signs of pairs" if known[0][1].of_pairs else "Exchanging runs"
    limit = (
        f"{test} allows no two-sided p value below {smallest:.2g}, and no one-sided one below "
        f"{one_sided:.2g}"
    )
    if smallest >= level:
        limit += f"; at level {level:.3g} they cannot find a difference"
    if one_sided >= level:
        limit += ", nor show that anything lies within a margin"
    yield f"{limit}."
    other = [(row, disagreements(row, beside)) for row, beside in rows]
    if not any(found for _, found in other):
        yield f"The exact tests agree with the verdict on all {len(known)} rows at every margin."
        return
    clauses = [
        f"{_named(row.name)} within {points(margin)}: {exact} (verdict: {found})"
        for row, differing in other
        for margin, found, exact in differing
    ]
    yield f"The exact tests disagree with the verdict on {'; '.join(clauses)}."


def _of_pooling(rows: Rows, verdict: ExperimentVerdict) -> Iterator[str]:
    """Classes that are undecided by the tests but within a margin by partial pooling."""
    if not any(beside.pooled for _, beside in rows):
        return
    both_ways = verdict.settings.question is Question.EQUIVALENCE
    for index, margin in enumerate(verdict.settings.margins):
        opened = [
            (_named(row.name), (beside.pooled.within if both_ways else beside.pooled.above)[index])
            for row, beside in rows
            if row.margins[index].verdict is Verdict.INCONCLUSIVE and beside.pooled
        ]
        if not opened:
            continue
        masses = ", ".join(f"{name} {_share(mass)}" for name, mass in opened)
        place = "Within" if both_ways else "At a loss below"
        yield (
            f"{place} {points(margin)} the tests do not decide these classes; partial pooling "
            f"gives this posterior mass, if classes are alike: {masses}. A single harmed class "
            "would be overlooked."
        )


def _share(mass: float) -> str:
    return "above 0.999" if mass > 0.999 else f"{mass:.3f}"
