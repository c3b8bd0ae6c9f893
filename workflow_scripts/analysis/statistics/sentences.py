"""Conclusions on one variant, and remarks on the experiment, as sentences."""

import math
from collections.abc import Iterable, Iterator

from run_equivalence.compare import compare
from run_equivalence.verdicts import Question, Verdict
from run_equivalence.welch import SampleStatistics

from workflow_scripts.analysis.numbers import interval, points, signed
from workflow_scripts.analysis.statistics.words import confidence, every_class, no_class
from workflow_scripts.contracts.runs import ALL, class_title
from workflow_scripts.contracts.settings import VerdictSettings
from workflow_scripts.contracts.verdicts import ExperimentVerdict, Role, VariantVerdict


def sentences(verdict: VariantVerdict, settings: VerdictSettings) -> list[str]:
    """Conclusions on a variant: one sentence per margin, then one for a control."""
    if verdict.over_all.learned_nothing:
        return ["The models learned nothing: mean AP is 0.000 on both sides."]
    margins = range(len(settings.margins))
    said = [_at_margin(verdict, index, settings.question) for index in margins]
    if any(row.with_images for row in verdict.rows):
        said += [_with_images(verdict, index) for index in margins]
    return [*said, *control_sentence(verdict, settings)]


def control_sentence(verdict: VariantVerdict, settings: VerdictSettings) -> list[str]:
    """Conclusion from a control; empty for a treatment."""
    if verdict.role is Role.AA_CONTROL:
        return [_of_aa_control(verdict, settings)]
    if verdict.role is Role.RANDOM_DROP:
        mean = verdict.over_all
        return [
            "Random drop: with the same number of images dropped at random, mean AP changes by "
            f"{signed(mean.difference)} points ({confidence(settings)} "
            f"{interval(mean.low, mean.high)})."
        ]
    return [_of_positive_control(verdict)] if verdict.role is Role.POSITIVE_CONTROL else []


def _at_margin(verdict: VariantVerdict, index: int, question: Question) -> str:
    margin = points(verdict.over_all.margins[index].margin)
    mean = verdict.over_all.margins[index].verdict
    classes = verdict.classes
    if not classes:
        return f"Within {margin}: the mean is {mean}."
    if verdict.all_within(index):
        inside = (
            f"{every_class(len(classes), 'lie')} inside the margin"
            if question is Question.EQUIVALENCE
            else f"{no_class(len(classes))} that much"
        )
        return f"Within {margin}: {inside}; the mean is {mean}.{_over_treatments(verdict, index)}"
    groups = _grouped((row.name, row.margins[index].verdict) for row in classes)
    parts = "; ".join(f"{len(names)} {outcome} ({', '.join(names)})" for outcome, names in groups)
    said = f"Within {margin}: the mean is {mean}; classes: {parts}."
    changed = [
        (row.name, at.verdict_holm)
        for row in classes
        if (at := row.margins[index]).verdict_holm not in (None, at.verdict)
    ]
    if changed:
        corrected = _outcomes(changed)
        said += f" For claims about single classes (Holm correction): {corrected}."
    return said + _over_treatments(verdict, index)


def _over_treatments(verdict: VariantVerdict, index: int) -> str:
    """Further changes if the treatments are corrected over each other."""
    changed = [
        ("the mean" if row.name == ALL else row.name, at.verdict_family)
        for row in verdict.rows
        if (at := row.margins[index]).verdict_family not in (None, at.verdict_holm or at.verdict)
    ]
    if not changed:
        return ""
    return f" With correction over all treatments: {_outcomes(changed)}."


def _with_images(verdict: VariantVerdict, index: int) -> str:
    """Verdicts that change with the test images as a second source of variation."""
    margin = points(verdict.over_all.margins[index].margin)
    changed = [
        ("the mean" if row.name == ALL else row.name, images.margins[index].verdict)
        for row in verdict.rows
        if (images := row.with_images)
        and images.margins[index].verdict is not row.margins[index].verdict
    ]
    if not changed:
        return f"With the test images as a sample, within {margin}: verdicts unchanged."
    outcomes = _outcomes(changed)
    return f"With the test images as a sample, within {margin}: {outcomes}; others unchanged."


def _outcomes(verdicts: Iterable[tuple[str, Verdict | None]]) -> str:
    """`car, bus inconclusive; tram different`."""
    return "; ".join(f"{', '.join(names)} {outcome}" for outcome, names in _grouped(verdicts))


def _grouped(verdicts: Iterable[tuple[str, Verdict | None]]) -> list[tuple[Verdict, list[str]]]:
    """Each outcome that occurs, with the names of its classes."""
    names: dict[Verdict | None, list[str]] = {}
    for name, outcome in verdicts:
        names.setdefault(outcome, []).append(name)
    return [(outcome, names[outcome]) for outcome in Verdict if outcome in names]


def _of_aa_control(verdict: VariantVerdict, settings: VerdictSettings) -> str:
    tested = [row for row in verdict.classes if row.welch_p is not None]
    if not tested:
        return "A/A control: not testable; the false-alarm rate is unknown."
    alarms = [row.name for row in tested if row.margins[0].verdict.is_different]
    kept = _different_after_correction(verdict)
    by_chance = settings.test_level * len(tested)
    count = f"{len(alarms)} of {len(tested)} classes differ ({by_chance:.1f} expected by chance)"
    if kept or verdict.over_all.margins[0].verdict.is_different:
        where = ", ".join(kept) or "the mean"
        return (
            f"A/A control: {count}, and {where} beyond chance although nothing was changed: "
            "differences of this size are not evidence in this experiment."
        )
    said = f"A/A control: {count}, none after Holm correction: no false alarm."
    blind = [
        points(at.margin) for at in verdict.over_all.margins if at.verdict is Verdict.INCONCLUSIVE
    ]
    if blind:
        said += (
            f" But even here, {settings.question} of the mean within {' or '.join(blind)} is not "
            "established: too few runs."
        )
    return said


def _of_positive_control(verdict: VariantVerdict) -> str:
    mean = verdict.over_all
    if mean.difference is None or mean.welch_p is None:
        return "Positive control: not testable; the sensitivity is unknown."
    if mean.difference < 0 and mean.margins[0].verdict.is_different:
        lost = _different_after_correction(verdict, lower=True)
        classes = f"; by class: {', '.join(lost)}" if lost else ""
        fall = points(-mean.difference)
        return f"Positive control: the mean falls by {fall}: harm is detected{classes}."
    return (
        "Positive control: the mean does not fall beyond chance although whole objects were "
        "masked: this experiment would miss harm; add runs or train longer."
    )


def _different_after_correction(verdict: VariantVerdict, lower: bool = False) -> list[str]:
    """Classes that differ after Holm correction; with `lower`, those that lose."""
    return [
        row.name
        for row in verdict.classes
        if (outcome := row.margins[0].verdict_holm)
        and outcome.is_different
        and (not lower or (row.difference or 0) < 0)
    ]


def coverage_sentences(verdict: ExperimentVerdict) -> list[str]:
    """Remarks on variants that changed nothing or not every region, or that drop images."""
    return [said for of in verdict.variants if (said := _of_coverage(of))]


def _of_coverage(of: VariantVerdict) -> str:
    known = of.coverage
    if known is None:
        return ""
    found = f"{known.regions} detected faces and license plates"
    if of.changed_nothing:
        why = f"none of the {found}" if known.regions else "no face or license plate was found"
        return f"{of.variant} changed nothing in {known.images} training images: {why}."
    if of.is_control:
        return ""
    if known.dropped_images:
        counts = known.dropped_instances.values()
        lost, total = sum(some for some, _ in counts), sum(every for _, every in counts)
        return (
            f"{of.variant} leaves out {known.dropped_images} of {known.images} training images, "
            f"with {lost} of {total} instances and {known.dropped_regions} of the {found}."
        )
    if known.changed_regions >= known.regions:
        return ""
    return f"{of.variant} changed {known.changed_regions} of the {found}."


def drop_sentences(verdict: ExperimentVerdict) -> Iterator[str]:
    """Dropped instances by class, and comparison with the same number of random images."""
    dropping = [(of, of.coverage) for of in verdict.variants if of.coverage]
    for of, known in dropping:
        lost = [(name, *counts) for name, counts in known.dropped_instances.items() if counts[0]]
        if lost:
            by_class = ", ".join(f"{name} {some} of {total}" for name, some, total in lost)
            yield f"Instances left out by {of.variant}: {by_class}."
        if gone := [name for name, some, total in lost if some == total]:
            yield f"{of.variant} leaves no {' and no '.join(gone)} to learn from."
    for control, size in dropping:
        for of, known in dropping:
            is_pair = of.role is Role.TREATMENT and control.role is Role.RANDOM_DROP
            if is_pair and known.dropped_images == size.dropped_images:
                yield _of_equal_size(of, control, verdict.settings)


def _of_equal_size(of: VariantVerdict, control: VariantVerdict, settings: VerdictSettings) -> str:
    """Difference of two variants that leave out the same number of images."""
    (row,) = compare(
        {ALL: _sample(of)},
        {ALL: _sample(control)},
        margins=settings.margins,
        level=settings.test_level,
        power=settings.power,
        question=settings.question,
    )
    verdicts = ", ".join(f"{at.verdict} within {points(at.margin)}" for at in row.margins)
    return (
        f"{of.variant} and {control.variant} leave out the same number of images: choosing them by "
        f"content changes mean AP by {signed(row.difference)} points ({confidence(settings)} "
        f"{interval(row.low, row.high)}, independent runs; {verdicts})."
    )


def _sample(of: VariantVerdict) -> SampleStatistics:
    """The runs of a variant, by mean AP."""
    known = of.over_all.variant
    mean, std = (math.nan if value is None else value for value in (known.mean, known.std))
    return SampleStatistics(mean, std, known.n)


def learned_nothing(verdict: ExperimentVerdict) -> bool:
    """Whether every mean AP reads 0.000."""
    return bool(verdict.variants) and all(of.over_all.learned_nothing for of in verdict.variants)


def blindness(verdict: ExperimentVerdict) -> str:
    """Reason why the experiment may miss harm, as a clause; empty if a control shows harm."""
    controls = [of.over_all for of in verdict.variants if of.role is Role.POSITIVE_CONTROL]
    if not controls:
        return "without a positive control, this experiment may miss harm"
    if any((row.difference or 0) < 0 and row.margins[0].verdict.is_different for row in controls):
        return ""
    if all(row.welch_p is None for row in controls):
        return "the positive control cannot be tested, so this experiment may miss harm"
    return "the positive control does not come out worse, so this experiment may miss harm"


def attention(verdict: ExperimentVerdict) -> list[str]:
    """First remarks: missing and outdated runs, missing controls, and dropped images."""
    found = [f"Missing runs: {verdict.missing}."] if verdict.missing else []
    found += [verdict.outdated] if verdict.outdated else []
    unknown = {Role.AA_CONTROL: "the false-alarm rate", Role.POSITIVE_CONTROL: "the sensitivity"}
    absent = [role for role in unknown if role not in {of.role for of in verdict.variants}]
    if absent:
        found.append(
            f"Without {' and '.join(absent)}, {' and '.join(unknown[role] for role in absent)} "
            f"{'are' if len(absent) > 1 else 'is'} unknown."
        )
    return [*found, *drop_sentences(verdict)]


def notes(verdict: VariantVerdict, question: Question = Question.EQUIVALENCE) -> Iterator[str]:
    """Remarks on single classes, one sentence each."""
    both_ways = question is Question.EQUIVALENCE
    claim = "equivalence" if both_ways else "non-inferiority"
    wide = "to establish equivalence" if both_ways else "to show non-inferiority without a gain"
    for row in verdict.rows:
        for note in row.notes:
            yield f"{class_title(row.name)}: {note}."
        base = row.reference.mean or 0
        if base and (below := [at for at in row.margins if at.verdict.within and base < at.margin]):
            yield (
                f"{class_title(row.name)}: the reference's AP of {base:.3f} is itself below "
                f"{points(below[0].margin)}: {claim} within it says little."
            )
        is_wide = not any(at.within_reach or at.verdict.within for at in row.margins)
        if (ends := row.interval) and is_wide:
            yield (
                f"{class_title(row.name)}: the interval extends {points((ends[1] - ends[0]) / 2)} "
                f"to each side, beyond every margin: too wide {wide}."
            )
