"""The statistical part of a methods section."""

from collections.abc import Iterator

from run_equivalence.pairs import FEWEST_PAIRS
from run_equivalence.verdicts import Verdict

from workflow_scripts.analysis.numbers import points
from workflow_scripts.analysis.report.bibliography import Bibliography
from workflow_scripts.analysis.statistics.words import detectable
from workflow_scripts.contracts.settings import VerdictSettings
from workflow_scripts.contracts.supplements import Supplement
from workflow_scripts.contracts.verdicts import ExperimentVerdict, Role


def statistics_of(
    verdict: ExperimentVerdict, supplement: Supplement | None, cited: Bibliography
) -> Iterator[str]:
    """Sentences on tests, margins, corrections and controls.

    Args:
        verdict: the verdict, with its settings and detectable differences.
        supplement: the additional analyses, if any.
        cited: collects the works that the sentences cite.
    """
    settings = verdict.settings
    yield from _tests(verdict, cited)
    yield from _corrections(settings, cited)
    yield _pairs(verdict)
    yield from _looks(settings)
    yield from _images(verdict, cited)
    yield from _power(verdict)
    if supplement is not None:
        yield from _beside(supplement, cited)
    yield from _controls(verdict)
    yield from _untested(verdict)
    if verdict.missing:
        yield f"Missing runs: {verdict.missing}."
    if verdict.outdated:
        yield verdict.outdated


def _tests(verdict: ExperimentVerdict, cited: Bibliography) -> Iterator[str]:
    settings, ap = verdict.settings, verdict.task.ap
    margins = " and ".join(points(margin) for margin in settings.margins)
    level = f"{settings.test_level:.3g}"
    yield (
        f"For each class and for mean {ap}, the runs of a variant were compared with those of "
        f"{verdict.reference} by the difference of means, with Welch's interval "
        f"{cited.cite('welch', 'satterthwaite')} of {100 * (1 - 2 * settings.test_level):.3g} %."
    )
    sources = cited.cite("schuirmann", "lakens")
    if settings.question == "equivalence":
        yield (
            f"The question was equivalence: two one-sided tests {sources} at level {level}, within "
            f"margins of {margins} of {ap}."
        )
    else:
        yield (
            f"The question was non-inferiority: a one-sided test {sources} at level {level} "
            f"against a loss of the margin or more, for margins of {margins} of {ap}."
        )
    yield f"A difference was tested with Welch's two-sided test at level {level}."


def _corrections(settings: VerdictSettings, cited: Bibliography) -> Iterator[str]:
    over = {
        "variant": "the classes of each variant",
        "experiment": "the classes of all treatments, and over the means of all treatments",
    }[settings.family]
    method = f"Holm's method {cited.cite('holm')}"
    yield f"Claims about single classes were corrected by {method} over {over}."


def _pairs(verdict: ExperimentVerdict) -> str:
    """Sentence on the variants that were compared by pairs."""
    paired = [
        f"{of.variant} ({of.over_all.pairs} pairs)"
        for of in verdict.variants
        if of.over_all.pairs is not None
    ]
    if not paired:
        return "Runs of different variants were treated as independent."
    how = "" if verdict.settings.paired is True else f", from {FEWEST_PAIRS} pairs on"
    return (
        "Runs with the same seed were compared as pairs, with paired t tests in place of "
        f"Welch's{how}: {', '.join(paired)}."
    )


def _looks(settings: VerdictSettings) -> Iterator[str]:
    if settings.looks:
        yield (
            f"Results were looked at with {', '.join(map(str, settings.looks))} runs per variant; "
            f"the level of {settings.level:g} was split equally over these looks."
        )


def _images(verdict: ExperimentVerdict, cited: Bibliography) -> Iterator[str]:
    drawn = verdict.images
    if drawn is None:
        yield "Intervals cover the variation between trainings only, not that of the test images."
        return
    yield (
        f"The test images as a second source of variation were bootstrapped {cited.cite('efron')}: "
        f"{drawn.samples} samples of {drawn.groups} {drawn.unit}, the same for all runs; the "
        "variation between runs of one variant was subtracted, and the rest added to the variance "
        "of the difference."
    )


def _power(verdict: ExperimentVerdict) -> Iterator[str]:
    most = detectable(verdict.treatments)
    if most is not None:
        found = f"a difference of {points(most)}" if most <= 1 else "no difference, however large,"
        yield (
            f"With power {verdict.settings.power:g}, these runs detect {found} in mean "
            f"{verdict.task.ap}."
        )


def _beside(supplement: Supplement, cited: Bibliography) -> Iterator[str]:
    """Sentence on the additional analyses."""
    rows = [row for of in supplement.variants for row in of.rows]
    done = []
    if any(row.effects for row in rows):
        done.append(f"sizes of the effect (Hedges' g {cited.cite('hedges')} among them)")
    if any(row.exact for row in rows):
        done.append(f"exact tests over all permutations of the runs {cited.cite('pitman')}")
    if any(row.pooled for row in rows):
        done.append(
            "a hierarchical model with partial pooling over the classes (flat prior of the mean "
            f"effect, half-Cauchy prior of the spread of the effects {cited.cite('gelman')})"
        )
    measures = ["box AP"] if any(of.boxes for of in supplement.variants) else []
    if any(of.calibration for of in supplement.variants):
        measures.append(f"the scores' calibration error at IoU 0.5 {cited.cite('kueppers')}")
    if measures:
        done.append(f"the same tests of {' and of '.join(measures)}")
    if done:
        yield f"In addition, without effect on the verdict: {'; '.join(done)}."


def _controls(verdict: ExperimentVerdict) -> Iterator[str]:
    roles = {of.role: of.variant for of in verdict.variants if of.role is not Role.TREATMENT}
    named = [f"{role} ({variant})" for role, variant in roles.items()]
    absent = [str(role) for role in (Role.AA_CONTROL, Role.POSITIVE_CONTROL) if role not in roles]
    if named:
        yield f"Controls: {', '.join(named)}."
    if absent:
        yield f"There was no {' and no '.join(absent)}."


def _untested(verdict: ExperimentVerdict) -> Iterator[str]:
    """Sentences on variants whose mean could not be tested, with the reason."""
    for of in verdict.variants:
        if all(at.verdict is Verdict.UNTESTABLE for at in of.over_all.margins):
            yield (
                f"The mean {verdict.task.ap} of {of.variant} could not be tested: "
                f"{'; '.join(of.over_all.notes)}."
            )
