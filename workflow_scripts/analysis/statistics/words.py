"""Names of tests and columns, by question and pairing."""

from run_equivalence.verdicts import Question, Verdict

from workflow_scripts.analysis.numbers import points
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
