"""The answer in a sentence, and its caveats."""

from collections.abc import Sequence

from plain_commands.counts import counted
from run_equivalence.pairs import FEWEST_PAIRS
from run_equivalence.verdicts import AtMargin, ClassVerdict, Verdict

from workflow_scripts.analysis.numbers import interval, points, signed
from workflow_scripts.analysis.statistics.sentences import (
    attention,
    blindness,
    control_sentence,
    coverage_sentences,
    learned_nothing,
)
from workflow_scripts.analysis.statistics.words import (
    asks_for_equivalence,
    confidence,
    correction_title,
    detectable,
    every,
    every_class,
    family_size,
    no_class,
)
from workflow_scripts.contracts.verdicts import ExperimentVerdict, VariantVerdict

ONLY_TRAININGS = (
    "The intervals cover run-to-run variation only; the choice of the test images adds to it."
)


def headline(verdict: ExperimentVerdict) -> str:
    """Incomplete changes, then one sentence on all treatments."""
    return " ".join([*coverage_sentences(verdict), *_answer(verdict)])


def _answer(verdict: ExperimentVerdict) -> list[str]:
    """One sentence on the treatments that changed something; empty if none did."""
    if not verdict.treatments:
        return ["No treatment to judge: every variant other than the reference is a control."]
    if learned_nothing(verdict):
        return ["The models learned nothing: mean AP is 0.000 in all variants. Train longer."]
    treatments = [of for of in verdict.treatments if not of.changed_nothing]
    if len(treatments) < 2:
        return [sentence(verdict, of) for of in treatments]
    groups: dict[tuple[Verdict, str, str], list[str]] = {}
    for of in treatments:
        groups.setdefault(_effect(of.over_all), []).append(of.variant)
    parts = [_clause(*effect, names, verdict) for effect, names in groups.items()]
    if any(outcome.within for outcome, *_ in groups) and (why := blindness(verdict)):
        parts.append(why)
    corrected = f", {correction_title(verdict)}" if family_size(verdict) else ""
    return [f"Compared with {verdict.reference}{corrected}: {'; '.join(parts)}."]


def _effect(mean: ClassVerdict) -> tuple[Verdict, str, str]:
    """Verdict on the mean AP, the margin in words, and the direction of the change."""
    at = _narrowest_within(mean) or _widest(mean)
    change = _change(mean) if at.claimed.is_different else ""
    return at.claimed, points(at.margin), change


def _change(mean: ClassVerdict) -> str:
    return "lower" if (mean.difference or 0) < 0 else "raise"


def _clause(
    outcome: Verdict, margin: str, change: str, names: Sequence[str], verdict: ExperimentVerdict
) -> str:
    """Effect of some treatments on the mean AP, without numbers."""
    several, s = _listed(names, "and"), "" if len(names) > 1 else "s"
    harm = "changes mean AP" if asks_for_equivalence(verdict) else f"lowers mean AP by {margin}"
    return {
        Verdict.EQUIVALENT: f"{several} leave{s} mean AP unchanged within {margin}",
        Verdict.BOTH: f"{several} {change}{s} mean AP, but by less than {margin}",
        Verdict.DIFFERENT: f"{several} {change}{s} mean AP",
        Verdict.NOT_INFERIOR: f"{several} lower{s} mean AP by less than {margin}, if at all",
        Verdict.BETTER: f"{several} raise{s} mean AP",
        Verdict.WORSE_WITHIN: f"{several} lower{s} mean AP, but by less than {margin}",
        Verdict.WORSE: f"{several} lower{s} mean AP",
        Verdict.INCONCLUSIVE: f"these runs cannot tell whether {_listed(names, 'or')} {harm}",
        Verdict.UNTESTABLE: f"{several} cannot be tested",
    }[outcome]


def _listed(names: Sequence[str], word: str) -> str:
    """`a`, `a and b`, `a, b and c`."""
    *others, last = names
    return f"{', '.join(others)} {word} {last}" if others else last


def sentence(verdict: ExperimentVerdict, of: VariantVerdict) -> str:
    """One sentence on a variant: the mean over the classes, then the classes."""
    start = f"training on {of.variant} instead of {verdict.reference} images"
    capital = start[:1].upper() + start[1:]
    mean = of.over_all
    at = _narrowest_within(mean) or _widest(mean)
    if of.changed_nothing:
        return f"{capital} cannot be judged: {of.variant} changed nothing."
    if mean.learned_nothing:
        return f"{capital} cannot be judged: the models learned nothing (mean AP 0.000)."
    if at.claimed is Verdict.UNTESTABLE and _lacks_deviation(verdict, mean):
        return f"{capital} cannot be judged: no deviation given."
    if at.claimed is Verdict.UNTESTABLE:
        return f"{capital} cannot be tested: it takes {_testable(mean)}."
    numbers = (
        f"difference {signed(mean.difference)} points, {confidence(verdict.settings)} "
        f"{interval(mean.low, mean.high)}"
    )
    if mean.pairs is not None:
        numbers += f", {mean.pairs} pairs of runs"
    if at.claimed is not at.verdict:
        numbers += f"; {at.verdict} before, {at.claimed} {correction_title(verdict)}"
    margin, changes = points(at.margin), f"{_change(mean)}s"
    harm = "changes mean AP" if asks_for_equivalence(verdict) else f"lowers mean AP by {margin}"
    said = {
        Verdict.EQUIVALENT: f"{capital} leaves mean AP unchanged within {margin}",
        Verdict.BOTH: f"{capital} {changes} mean AP, but by less than {margin}",
        Verdict.DIFFERENT: f"{capital} {changes} mean AP",
        Verdict.NOT_INFERIOR: f"{capital} lowers mean AP by less than {margin}, if at all",
        Verdict.BETTER: f"{capital} raises mean AP",
        Verdict.WORSE_WITHIN: f"{capital} lowers mean AP, but by less than {margin}",
        Verdict.WORSE: f"{capital} lowers mean AP",
        Verdict.INCONCLUSIVE: f"These runs cannot tell whether {start} {harm}",
    }[at.claimed]
    why = f"; {blindness(verdict)}" if at.claimed.within and blindness(verdict) else ""
    return f"{said} ({numbers}); {_classes(verdict, of, mean.margins.index(at))}{why}."


def _testable(row: ClassVerdict) -> str:
    """What a test takes."""
    if row.pairs is not None:
        return "two pairs of runs, with differing differences"
    return "two runs of each, with differing results"


def _lacks_deviation(verdict: ExperimentVerdict, row: ClassVerdict) -> bool:
    """Whether a printed table has means without standard deviations."""
    return verdict.source == "summary" and None in (row.reference.std, row.variant.std)


def _classes(verdict: ExperimentVerdict, of: VariantVerdict, index: int) -> str:
    """Result for the classes at a margin; claims about single classes use corrected p values."""
    classes, both_ways = of.classes, asks_for_equivalence(verdict)
    margin = points(of.over_all.margins[index].margin)
    if not classes:
        return "there are no classes"
    if of.all_within(index):
        also = of.over_all.margins[index].claimed.within
        if both_ways:
            verb = "are also" if also else "are"
            return f"{every_class(len(classes), verb)} within {margin}"
        return f"{no_class(len(classes))} {margin}{', either' if also else ''}"
    names: dict[str, list[str]] = {}
    for row in classes:
        names.setdefault(row.margins[index].claimed.value, []).append(row.name)
    corrected = any(row.margins[index].verdict_holm for row in classes)
    how = f"within {margin}" + (f" and {correction_title(verdict)}" if corrected else "")
    if len(names) == 1:
        return f"by class, {how}: {every(len(classes))} {next(iter(names))}"
    parts = [f"{len(of)} {word} ({', '.join(of)})" for word, of in names.items()]
    return f"by class, {how}: {', '.join(parts)}"


def _narrowest_within(row: ClassVerdict) -> AtMargin | None:
    """The narrowest margin within which the difference was shown to lie."""
    return min((at for at in row.margins if at.claimed.within), key=_margin, default=None)


def _widest(row: ClassVerdict) -> AtMargin:
    return max(row.margins, key=_margin)


def _margin(at: AtMargin) -> float:
    return at.margin


def caveats(verdict: ExperimentVerdict) -> list[str]:
    """Caveats of the answer, one sentence each."""
    treatments = verdict.treatments
    said = attention(verdict)
    if verdict.note:
        said.append(verdict.note)
    for of in verdict.variants:
        said += control_sentence(of, verdict.settings)
    hidden = [of.variant for of in treatments if _hides(of)]
    if hidden:
        said.append(
            f"The mean can hide a class: for {', '.join(hidden)}, the mean is within a margin, but "
            "some classes are not."
        )
    said += [*_of_looks(verdict), *_of_power(verdict, treatments)]
    if len(treatments) > 1:
        said.append(_of_treatments(verdict))
    return [*said, *_of_pairing(verdict), *_of_images(verdict, treatments)]


def _of_looks(verdict: ExperimentVerdict) -> list[str]:
    """Sentence on a number of runs at which no look was planned."""
    looks = verdict.settings.looks
    runs = max((of.over_all.variant.n for of in verdict.treatments), default=0)
    if not looks or runs in looks:
        return []
    return [
        f"At {counted(runs, 'run')} per variant no look was planned (statistics.looks: "
        f"{', '.join(map(str, looks))}): claims at further looks are not covered by the level."
    ]


def _of_treatments(verdict: ExperimentVerdict) -> str:
    """Correction over several treatments."""
    treatments = verdict.treatments
    if not family_size(verdict):
        return (
            f"{len(treatments)} treatments are tested at level {verdict.settings.level:g} each, "
            "without correction over treatments."
        )
    classes = sum(row.welch_p_family is not None for of in treatments for row in of.classes)
    return (
        f"Claims are corrected over {len(treatments)} treatments (Holm; statistics.family: "
        f"experiment): the means of all treatments, and their {classes} classes. "
        "Intervals are not corrected."
    )


def _of_pairing(verdict: ExperimentVerdict) -> list[str]:
    """Sentences on paired comparisons, if requested."""
    rule = verdict.settings.paired
    if rule is False:
        return []
    paired = [of.variant for of in verdict.variants if of.over_all.pairs is not None]
    others = [of.variant for of in verdict.variants if of.over_all.pairs is None]
    setting = "statistics.paired: true"
    if rule == "auto":
        setting = f"statistics.paired: auto, from {FEWEST_PAIRS} planned pairs on"
    said = []
    if paired:
        said.append(
            f"Runs with the same seed are compared as pairs ({setting}): {', '.join(paired)}."
        )
    if others:
        why = "A/A controls have other seeds"
        if rule == "auto":
            why = "fewer pairs were planned, or seeds differ"
        said.append(f"Runs are compared as independent ({setting}; {why}): {', '.join(others)}.")
    return said


def _hides(of: VariantVerdict) -> bool:
    """Whether a tested class is not within the margin of the mean."""
    at = _narrowest_within(of.over_all)
    if at is None:
        return False
    index = of.over_all.margins.index(at)
    tested = [row.margins[index] for row in of.classes if row.welch_p is not None]
    return not all(at.claimed_jointly.within for at in tested)


def _of_images(verdict: ExperimentVerdict, treatments: Sequence[VariantVerdict]) -> list[str]:
    """The answer with the test images as a second source of variation."""
    known = [(of.variant, images) for of in treatments if (images := of.over_all.with_images)]
    if not known:
        return [ONLY_TRAININGS] if treatments else []
    parts = []
    for variant, images in known:
        verdicts = ", ".join(f"{at.verdict} within {points(at.margin)}" for at in images.margins)
        parts.append(f"{variant} {interval(images.low, images.high)} points ({verdicts})")
    return [
        "The interval above covers run-to-run variation only. With the test images as a second "
        f"source of variation, the interval of the mean is: {'; '.join(parts)}."
    ]


def _of_power(verdict: ExperimentVerdict, treatments: Sequence[VariantVerdict]) -> list[str]:
    """Sentence on the largest difference that may be missed."""
    most, power = detectable(treatments), f"{verdict.settings.power:g}"
    if most is None:
        return []
    if most > 1:
        return [f"No difference in the mean, however large, is detected with probability {power}."]
    return [
        f"A true difference of {points(most)} in the mean is detected with probability {power}; "
        "smaller ones may be missed."
    ]
