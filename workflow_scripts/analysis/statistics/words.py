"""Names of tests and columns, by question and pairing."""

from collections.abc import Iterable

from run_equivalence.verdicts import Question, Verdict

from workflow_scripts.analysis.numbers import points
from workflow_scripts.contracts.settings import VerdictSettings
from workflow_scripts.contracts.verdicts import ExperimentVerdict, VariantVerdict

VERDICTS = {
    Question.EQUIVALENCE: (Verdict.EQUIVALENT, Verdict.BOTH, Verdict.DIFFERENT),
    Question.NON_INFERIORITY: (
        Verdict.NOT_INFERIOR,
        Verdict.BETTER,
        Verdict.WORSE_WITHIN,
        Verdict.WORSE,
    ),
}


def possible_verdicts(verdict: ExperimentVerdict) -> tuple[Verdict, ...]:
    """Possible verdicts by question."""
    decided = VERDICTS[verdict.settings.question]
    return (*decided, Verdict.INCONCLUSIVE, Verdict.UNTESTABLE)


def asks_for_equivalence(verdict: ExperimentVerdict) -> bool:
    """Whether a gain counts like a loss."""
    return verdict.settings.question is Question.EQUIVALENCE


def within_title(verdict: ExperimentVerdict, margin: float) -> str:
    """Title of the verdicts at a margin: `Within 1 point?`."""
    if asks_for_equivalence(verdict):
        return f"Within {points(margin)}?"
    return f"Loss below {points(margin)}?"


def p_within_title(verdict: ExperimentVerdict, margin: float) -> str:
    """Title of the p values of the question: `TOST p, 1 point`."""
    test = "TOST p" if asks_for_equivalence(verdict) else "One-sided p"
    return f"{test}, {points(margin)}"


def p_different_title(of: VariantVerdict) -> str:
    """Title of the p values of a difference: `Welch p`."""
    return "Paired p" if of.over_all.pairs is not None else "Welch p"


def confidence(settings: VerdictSettings) -> str:
    """Name of the intervals: `90 % interval`."""
    return f"{100 * (1 - 2 * settings.test_level):.3g} % interval"


def every(number: int) -> str:
    """`the only one`, `both`, `all 3`."""
    return {1: "the only one", 2: "both"}.get(number, f"all {number}")


def every_class(number: int, verb: str) -> str:
    """Subject and verb on all classes, of which there is at least one.

    Args:
        number: number of classes.
        verb: `lie`, `are`, or `are` and an adverb.
    """
    if number == 1:
        first, *others = verb.split()
        return " ".join(["the only class", {"are": "is"}.get(first, f"{first}s"), *others])
    return f"{every(number)} classes {verb}"


def no_class(number: int) -> str:
    """Subject and verb on the loss of no class, of which there is at least one."""
    if number == 1:
        return "the only class does not lose"
    return "neither class loses" if number == 2 else f"none of the {number} classes loses"


def detectable(variants: Iterable[VariantVerdict]) -> float | None:
    """Difference of the mean that every variant's runs detect, AP; None if it is unknown."""
    known = (of.over_all.detectable for of in variants)
    return max((one for one in known if one is not None), default=None)


def correction_title(verdict: ExperimentVerdict) -> str:
    """Extent of Holm's correction in the answer, as a phrase: `after Holm correction`."""
    count = family_size(verdict)
    return "after Holm correction" + (f" over {count} treatments" if count else "")


def family_size(verdict: ExperimentVerdict) -> int:
    """Number of treatments that are corrected over each other; 0 without such a correction."""
    is_family = any(
        at.verdict_family for of in verdict.treatments for row in of.rows for at in row.margins
    )
    return len(verdict.treatments) if is_family else 0
