"""The verdicts on all variants of an experiment, in numbers and in sentences."""

from collections.abc import Iterable, Iterator, Mapping

from workflow_scripts.analysis.statistics.compare import compare
from workflow_scripts.analysis.statistics.images import TestImages
from workflow_scripts.analysis.statistics.welch import SampleStatistics
from workflow_scripts.contracts.runs import ALL, class_title
from workflow_scripts.contracts.settings import Statistics
from workflow_scripts.contracts.verdicts import (
    AtMargin,
    ExperimentVerdict,
    Role,
    VariantVerdict,
    Verdict,
)


def judge(
    samples: Mapping[str, Mapping[str, SampleStatistics]],
    reference: str,
    settings: Statistics,
    roles: Mapping[str, Role],
    images: TestImages | None = None,
) -> tuple[VariantVerdict, ...]:
    """Judge each variant against the reference.

    Args:
        samples: by variant, then by class and `all`.
        reference: one of the variants.
        settings: margins, level and power.
        roles: of the controls.
        images: the runs on samples of the test images.
    """
    return tuple(
        VariantVerdict(
            variant=variant,
            role=roles.get(variant, Role.TREATMENT),
            rows=tuple(
                compare(
                    of_variant,
                    samples[reference],
                    settings,
                    images and images.added(variant, reference),
                )
            ),
        )
        for variant, of_variant in samples.items()
        if variant != reference
    )


def points(fraction: float) -> str:
    """`1 point`, `0.5 points`: AP as it is spoken of."""
    number = f"{100 * fraction:.3g}"
    return f"{number} point{'' if number == '1' else 's'}"


def sentences(verdict: VariantVerdict, settings: Statistics) -> list[str]:
    """Conclusions on a variant: a sentence per margin, then that of a control."""
    said = [_at_margin(verdict, index) for index in range(len(settings.margins))]
    if any(row.with_images for row in verdict.rows):
        said += [_with_images(verdict, index) for index in range(len(settings.margins))]
    if verdict.role is Role.AA_CONTROL:
        said.append(_of_aa_control(verdict, settings))
    elif verdict.role is Role.POSITIVE_CONTROL:
        said.append(_of_positive_control(verdict))
    return said


def _at_margin(verdict: VariantVerdict, index: int) -> str:
    margin = points(verdict.over_all.margins[index].margin)
    mean = verdict.over_all.margins[index].verdict
    classes = verdict.classes
    if classes and all(row.margins[index].verdict.within for row in classes):
        inside = f"all {len(classes)} classes lie inside the margin"
        return f"Within {margin}: {inside}; the mean is {mean}."
    groups = _grouped((row.name, row.margins[index].verdict) for row in classes)
    parts = "; ".join(f"{names.count(',') + 1} {outcome} ({names})" for outcome, names in groups)
    said = f"Within {margin}: the mean is {mean}; classes: {parts}."
    changed = [
        (row.name, at.verdict_holm)
        for row in classes
        if (at := row.margins[index]).verdict_holm not in (None, at.verdict)
    ]
    if changed:
        corrected = "; ".join(f"{names} {outcome}" for outcome, names in _grouped(changed))
        said += f" For claims about single classes (Holm correction): {corrected}."
    return said


def _with_images(verdict: VariantVerdict, index: int) -> str:
    """Verdicts that change with the test images as a second source of variation."""
    margin = points(verdict.over_all.margins[index].margin)
    judged = [(row.name, row.margins[index].verdict, row.with_images) for row in verdict.rows]
    changed = [
        ("the mean" if name == ALL else name, images.margins[index].verdict)
        for name, alone, images in judged
        if images and images.margins[index].verdict is not alone
    ]
    if not changed:
        return f"With the test images as a sample, within {margin}: verdicts unchanged."
    outcomes = "; ".join(f"{names} {outcome}" for outcome, names in _grouped(changed))
    return f"With the test images as a sample, within {margin}: {outcomes}; others unchanged."


def _grouped(verdicts: Iterable[tuple[str, Verdict]]) -> list[tuple[Verdict, str]]:
    """Each outcome that occurs, with the names of its classes."""
    names: dict[Verdict, list[str]] = {}
    for name, outcome in verdicts:
        names.setdefault(outcome, []).append(name)
    return [(outcome, ", ".join(names[outcome])) for outcome in Verdict if outcome in names]


def _is_different(at: AtMargin, adjusted: bool = False) -> bool:
    outcome = at.verdict_holm if adjusted else at.verdict
    return outcome in (Verdict.DIFFERENT, Verdict.BOTH)


def _of_aa_control(verdict: VariantVerdict, settings: Statistics) -> str:
    tested = [row for row in verdict.classes if row.welch_p is not None]
    if not tested:
        return "A/A control: not testable; the false-alarm rate is unknown."
    alarms = [row.name for row in tested if _is_different(row.margins[0])]
    kept = [row.name for row in tested if _is_different(row.margins[0], adjusted=True)]
    by_chance = settings.test_level * len(tested)
    count = f"{len(alarms)} of {len(tested)} classes differ ({by_chance:.1f} expected by chance)"
    if kept or _is_different(verdict.over_all.margins[0]):
        where = ", ".join(kept) or "the mean"
        return (
            f"A/A control: {count}, and {where} beyond chance although nothing was changed: "
            "differences of this size are no evidence in this experiment."
        )
    said = f"A/A control: {count}, none after Holm correction: no false alarm."
    blind = [
        points(at.margin) for at in verdict.over_all.margins if at.verdict is Verdict.INCONCLUSIVE
    ]
    if blind:
        said += (
            f" But even here, equivalence of the mean within {' or '.join(blind)} is not "
            "established: too few runs."
        )
    return said


def _of_positive_control(verdict: VariantVerdict) -> str:
    mean = verdict.over_all
    if mean.welch_p is None:
        return "Positive control: not testable; the sensitivity is unknown."
    lost = [
        row.name
        for row in verdict.classes
        if _is_different(row.margins[0], adjusted=True) and row.difference < 0
    ]
    if mean.difference < 0 and _is_different(mean.margins[0]):
        classes = f"; by class: {', '.join(lost)}" if lost else ""
        fall = points(-mean.difference)
        return f"Positive control: the mean falls by {fall}: harm is detected{classes}."
    return (
        "Positive control: the mean does not fall beyond chance although whole objects were "
        "masked: this experiment would miss harm; add runs or train longer."
    )


def attention(verdict: ExperimentVerdict) -> list[str]:
    """Remarks that come first: missing runs, and missing controls."""
    found = [f"Missing runs: {verdict.missing}."] if verdict.missing else []
    unknown = {Role.AA_CONTROL: "the false-alarm rate", Role.POSITIVE_CONTROL: "the sensitivity"}
    absent = [role for role in unknown if role not in {of.role for of in verdict.variants}]
    if absent:
        found.append(
            f"Without {' and '.join(absent)}, {' and '.join(unknown[role] for role in absent)} "
            f"{'are' if len(absent) > 1 else 'is'} unknown."
        )
    return found


def notes(verdict: VariantVerdict) -> Iterator[str]:
    """Remarks on single classes, a sentence each."""
    for row in verdict.rows:
        for note in row.notes:
            yield f"{class_title(row.name)}: {note}."
        if row.low is not None and not any(at.within_reach for at in row.margins):
            yield (
                f"{class_title(row.name)}: the interval extends {points((row.high - row.low) / 2)} "
                "to each side, beyond every margin: too wide to establish equivalence."
            )
