"""The answer in a sentence, and what has to be said with it."""

from collections.abc import Sequence

from workflow_scripts.analysis.statistics.experiment import attention, points, sentences
from workflow_scripts.contracts.verdicts import (
    AtMargin,
    ClassVerdict,
    ExperimentVerdict,
    Role,
    VariantVerdict,
    Verdict,
)

ONLY_TRAININGS = (
    "The intervals hold the chance between trainings; that the test images are a sample, too, is "
    "not in them."
)


def headline(verdict: ExperimentVerdict) -> str:
    """One sentence on all treatments."""
    treatments = [of for of in verdict.variants if of.role is Role.TREATMENT]
    if not treatments:
        return "There is no treatment to judge: every variant beside the reference is a control."
    if len(treatments) == 1:
        return sentence(verdict, treatments[0])
    groups: dict[str, list[str]] = {}
    for of in treatments:
        groups.setdefault(_effect(of.over_all), []).append(of.variant)
    parts = [f"{effect} with {', '.join(names)}" for effect, names in groups.items()]
    return f"Against {verdict.reference}, the mean AP is {'; '.join(parts)}."


def _effect(mean: ClassVerdict) -> str:
    """What a treatment does to the mean AP, without numbers."""
    at = _narrowest_within(mean) or _widest(mean)
    direction = "lower" if (mean.difference or 0) < 0 else "higher"
    return {
        Verdict.EQUIVALENT: f"the same within {points(at.margin)}",
        Verdict.BOTH: f"{direction}, but by less than {points(at.margin)},",
        Verdict.DIFFERENT: direction,
        Verdict.INCONCLUSIVE: "not decided by these runs",
        Verdict.UNTESTABLE: "not testable",
    }[at.verdict]


def sentence(verdict: ExperimentVerdict, of: VariantVerdict) -> str:
    """One sentence on a variant: the mean over the classes, then the classes."""
    start = f"training on {of.variant} instead of {verdict.reference} images"
    capital = start[:1].upper() + start[1:]
    mean = of.over_all
    at = _narrowest_within(mean) or _widest(mean)
    if at.verdict is Verdict.UNTESTABLE:
        return f"{capital}: nothing can be said; it takes two runs of each that are not all alike."
    interval = (
        f"difference {100 * mean.difference:+.2f} points, "
        f"{100 * (1 - 2 * verdict.settings.test_level):.3g} % interval "
        f"{100 * mean.low:+.2f} to {100 * mean.high:+.2f}"
    )
    changes = "lowers" if mean.difference < 0 else "raises"
    said = {
        Verdict.EQUIVALENT: f"{capital} leaves the mean AP the same within {points(at.margin)}",
        Verdict.BOTH: f"{capital} {changes} the mean AP, by less than {points(at.margin)}",
        Verdict.DIFFERENT: f"{capital} {changes} the mean AP",
        Verdict.INCONCLUSIVE: f"Whether {start} changes the mean AP, these runs cannot decide",
    }[at.verdict]
    return f"{said} ({interval}); {_classes(of, of.over_all.margins.index(at))}."


def _classes(of: VariantVerdict, index: int) -> str:
    """What holds for the classes at a margin; claims about some of them by corrected p values."""
    classes = of.classes
    margin = points(classes[0].margins[index].margin)
    if all(row.margins[index].verdict.within for row in classes):
        return f"each of the {len(classes)} classes is within {margin} as well"
    names: dict[str, list[str]] = {}
    for row in classes:
        at = row.margins[index]
        names.setdefault(_in_a_word(at.verdict_holm or at.verdict), []).append(row.name)
    corrected = any(row.margins[index].verdict_holm for row in classes)
    how = f"within {margin}" + (" and after Holm's correction" if corrected else "")
    if len(names) == 1:
        return f"class by class, {how}: {next(iter(names))} for all {len(classes)}"
    parts = [f"{word} for {len(of)} ({', '.join(of)})" for word, of in names.items()]
    return f"class by class, {how}: {', '.join(parts)}"


def _in_a_word(outcome: Verdict) -> str:
    if outcome.within:
        return "the same"
    return "undecided" if outcome is Verdict.INCONCLUSIVE else outcome.value


def _narrowest_within(row: ClassVerdict) -> AtMargin | None:
    """The narrowest margin within which the difference was shown to lie."""
    return min((at for at in row.margins if at.verdict.within), key=_margin, default=None)


def _widest(row: ClassVerdict) -> AtMargin:
    return max(row.margins, key=_margin)


def _margin(at: AtMargin) -> float:
    return at.margin


def caveats(verdict: ExperimentVerdict) -> list[str]:
    """What a reader has to know to take the answer for what it is, a sentence each."""
    treatments = [of for of in verdict.variants if of.role is Role.TREATMENT]
    said = [*attention(verdict), *_of_controls(verdict)]
    hidden = [of.variant for of in treatments if _hides(of)]
    if hidden:
        said.append(
            f"The mean can hide a class: with {', '.join(hidden)}, the mean is shown to be within "
            "a margin and some classes are not."
        )
    said += _of_power(verdict, treatments)
    if len(treatments) > 1:
        said.append(
            f"{len(treatments)} treatments are judged, each at level {verdict.settings.level:g}: "
            "there is no correction over treatments."
        )
    return said + _of_images(verdict, treatments)


def _of_controls(verdict: ExperimentVerdict) -> list[str]:
    """What each control says about the experiment."""
    return [
        sentences(of, verdict.settings)[-1]
        for of in verdict.variants
        if of.role is not Role.TREATMENT
    ]


def _hides(of: VariantVerdict) -> bool:
    at = _narrowest_within(of.over_all)
    if at is None:
        return False
    index = of.over_all.margins.index(at)
    return not all(row.margins[index].verdict.within for row in of.classes)


def _of_images(verdict: ExperimentVerdict, treatments: Sequence[VariantVerdict]) -> list[str]:
    """What becomes of the answer where the test images are a sample as well."""
    known = [(of.variant, images) for of in treatments if (images := of.over_all.with_images)]
    if not known:
        return [ONLY_TRAININGS] if treatments else []
    parts = []
    for variant, images in known:
        verdicts = ", ".join(f"{at.verdict} within {points(at.margin)}" for at in images.margins)
        interval = f"{100 * images.low:+.2f} to {100 * images.high:+.2f}"
        parts.append(f"{variant} {interval} points ({verdicts})")
    return [
        "The interval above holds the chance between trainings. With the test images as a sample, "
        f"too, that of the mean is: {'; '.join(parts)}."
    ]


def _of_power(verdict: ExperimentVerdict, treatments: Sequence[VariantVerdict]) -> list[str]:
    """The largest difference that may go unseen."""
    seen = [of.over_all.detectable for of in treatments if of.over_all.detectable is not None]
    if not seen:
        return []
    return [
        f"A true difference of {points(max(seen))} in the mean is found with probability "
        f"{verdict.settings.power:g}; smaller ones may go unseen."
    ]
