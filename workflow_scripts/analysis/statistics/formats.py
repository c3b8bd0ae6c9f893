"""The verdict as csv (fractions of 1), Markdown and plain text (differences in points)."""

import textwrap
from dataclasses import asdict
from functools import partial
from typing import Any

import pandas as pd
from figures_and_tables.latex import UNDEFINED
from figures_and_tables.tables import (
    TextTable,
    csv_of,
    in_markdown,
    latex_tables,
)
from run_equivalence.verdicts import MOST_RUNS, AtMargin, ClassVerdict, Verdict

from workflow_scripts.analysis.numbers import interval, p_value, signed, unsigned
from workflow_scripts.analysis.statistics.answer import caveats, headline, sentence
from workflow_scripts.analysis.statistics.sentences import (
    attention,
    coverage_sentences,
    notes,
    sentences,
)
from workflow_scripts.analysis.statistics.words import (
    asks_for_equivalence,
    confidence,
    family_size,
    p_different_title,
    p_within_title,
    within_title,
)
from workflow_scripts.contracts.runs import class_title
from workflow_scripts.contracts.tasks import Task
from workflow_scripts.contracts.verdicts import (
    ExperimentVerdict,
    VariantText,
    VariantVerdict,
    VerdictText,
)

WIDTH = 100
IF_ASKED = ("pairs", "welch_p_family", "tost_p_family", "verdict_family")
"""Columns that are omitted if the settings do not request their content."""


def text_of(verdict: ExperimentVerdict) -> VerdictText:
    """The conclusions in words."""
    named = partial(_named, verdict)
    return VerdictText(
        headline=named(headline(verdict)),
        caveats=tuple(map(named, caveats(verdict))),
        caption=caption(verdict),
        variants={
            of.variant: VariantText(
                answer=named(sentence(verdict, of)),
                sentences=tuple(map(named, sentences(of, verdict.settings))),
                notes=tuple(map(named, notes(of, verdict.settings.question))),
            )
            for of in verdict.variants
        },
    )


def _named(verdict: ExperimentVerdict, text: str) -> str:
    """Text with "mean box AP" for box models; mask AP is the default and not named."""
    return text.replace("mean AP", f"mean {verdict.task.ap}")


def as_csv(verdict: ExperimentVerdict) -> str:
    """A row per variant, class and margin; fractions of 1; undefined numbers are empty."""
    rows = []
    for variant in verdict.variants:
        for row in variant.rows:
            numbers = asdict(row)
            groups = {
                f"{key}_{group}": value
                for group in ("reference", "variant")
                for key, value in numbers.pop(group).items()
            }
            for name in ("name", "margins", "with_images", "notes"):
                del numbers[name]
            rows += [
                {"variant": variant.variant, "role": str(variant.role), "class": row.name}
                | ({} if verdict.task is Task.MASKS else {"metric": verdict.task.metric})
                | _columns_of_coverage(variant)
                | groups
                | numbers
                | asdict(at)
                | _columns_of_images(row, index)
                | {"notes": "; ".join(row.notes)}
                for index, at in enumerate(row.margins)
            ]
    table = pd.DataFrame(rows).astype({"runs_needed": "Int64", "pairs": "Int64"})
    return csv_of(table.drop(columns=[name for name in IF_ASKED if table[name].isna().all()]))


def _columns_of_coverage(variant: VariantVerdict) -> dict[str, Any]:
    """Columns on the variant's changes; empty if unknown."""
    names = ["images", "changed_images", "regions", "changed_regions"]
    names += ["dropped_images", "dropped_regions"]
    return {f"training_{name}": getattr(variant.coverage, name, None) for name in names}


def _columns_of_images(row: ClassVerdict, index: int) -> dict[str, Any]:
    """Columns of the tests with resampled test images; empty without resampling."""
    images = row.with_images
    at = images and images.margins[index]
    return {
        "images_error": images and images.error,
        "images_low": images and images.low,
        "images_high": images and images.high,
        "images_welch_p": images and images.welch_p,
        "images_tost_p": at and at.tost_p,
        "images_verdict": at and str(at.verdict),
    }


def as_markdown(verdict: ExperimentVerdict) -> str:
    """A table with sentences per variant."""
    parts = [f"**Attention:** {text}" for text in _remarks(verdict)]
    for variant in verdict.variants:
        said = _said(verdict, variant)
        parts += [f"## {_title(verdict, variant)}", _every_number(verdict, variant).markdown()]
        if verdict.images is not None:
            table = _numbers_of_images(verdict, variant)
            parts += ["With the test images as a sample:", table.markdown()]
        parts.append("\n".join(f"- {in_markdown(text)}" for text in said))
    return _named(verdict, "\n\n".join([*parts, caption(verdict)]) + "\n")


def as_latex(verdict: ExperimentVerdict) -> str:
    """A table per variant, without p values."""
    tables = [short_table(verdict, variant) for variant in verdict.variants]
    return latex_tables(tables, caption(verdict), "verdict")


def as_plain_text(verdict: ExperimentVerdict) -> str:
    """Tables and sentences for a terminal or a log, without p values."""
    parts = []
    for variant in verdict.variants:
        said = _said(verdict, variant)
        table = short_table(verdict, variant)
        parts.append(f"{table.title}\n\n{table.plain()}")
        parts.append("\n".join(_wrapped(_named(verdict, text)) for text in said))
    parts.append(_wrapped(caption(verdict)))
    parts += [_wrapped(_named(verdict, f"Attention: {text}")) for text in _remarks(verdict)]
    return "\n\n".join(parts) + "\n"


def _said(verdict: ExperimentVerdict, variant: VariantVerdict) -> list[str]:
    settings = verdict.settings
    return [*sentences(variant, settings), *notes(variant, settings.question)]


def _remarks(verdict: ExperimentVerdict) -> list[str]:
    return [*coverage_sentences(verdict), *attention(verdict)]


def _wrapped(text: str) -> str:
    return textwrap.fill(text, WIDTH, subsequent_indent="  ")


def _title(verdict: ExperimentVerdict, variant: VariantVerdict) -> str:
    role = f" ({variant.role})" if variant.is_control else ""
    return f"{variant.variant}{role} against {verdict.reference}"


def _every_number(verdict: ExperimentVerdict, variant: VariantVerdict) -> TextTable:
    is_family = variant.over_all.welch_p_family is not None
    headers = ["Class", "Difference", confidence(verdict.settings), "Detectable"]
    headers.append(p_different_title(variant))
    for margin in verdict.settings.margins:
        headers += [p_within_title(verdict, margin), within_title(verdict, margin)]
        headers += [*(["Over all treatments"] if is_family else []), "Runs"]
    rows = []
    for row in variant.rows:
        cells = [*_measured(row), p_value(row.welch_p)]
        for at in row.margins:
            cells += [p_value(at.tost_p), _words(at)]
            cells += [*([at.claimed] if is_family else []), _runs(at)]
        rows.append(tuple(cells))
    return TextTable(columns=tuple(headers), rows=tuple(rows))


def _numbers_of_images(verdict: ExperimentVerdict, variant: VariantVerdict) -> TextTable:
    headers = ["Class", "Difference", confidence(verdict.settings), "Images add"]
    headers.append(p_different_title(variant))
    for margin in verdict.settings.margins:
        headers += [p_within_title(verdict, margin), within_title(verdict, margin)]
    rows = []
    for row in variant.rows:
        images = row.with_images
        if images is None:
            rows.append((_measured(row)[0], *[UNDEFINED] * (len(headers) - 1)))
            continue
        cells = [
            *_measured(row)[:2],
            interval(images.low, images.high),
            f"± {100 * images.error:.2f}",
            p_value(images.welch_p),
        ]
        for at in images.margins:
            cells += [p_value(at.tost_p), str(at.verdict)]
        rows.append(tuple(cells))
    return TextTable(columns=tuple(headers), rows=tuple(rows))


def short_table(verdict: ExperimentVerdict, variant: VariantVerdict) -> TextTable:
    """The table of a variant, without p values."""
    within = [within_title(verdict, margin) for margin in verdict.settings.margins]
    rows = [
        (
            *_measured(row),
            *(
                _words(at) + (f": {_runs(at)} runs" if at.verdict is Verdict.INCONCLUSIVE else "")
                for at in row.margins
            ),
        )
        for row in variant.rows
    ]
    return TextTable(
        title=_title(verdict, variant),
        columns=("Class", "Difference", confidence(verdict.settings), "Detectable", *within),
        rows=tuple(rows),
    )


def _measured(row: ClassVerdict) -> list[str]:
    ends = interval(row.low, row.high)
    return [class_title(row.name), signed(row.difference), ends, unsigned(row.detectable)]


def _words(at: AtMargin) -> str:
    """The verdict, with † if it changes after Holm correction."""
    return at.verdict + (" †" if at.claimed is not at.verdict else "")


def _runs(at: AtMargin) -> str:
    if at.verdict is not Verdict.INCONCLUSIVE:
        return UNDEFINED
    return f"> {MOST_RUNS}" if at.runs_needed is None else str(at.runs_needed)


def caption(verdict: ExperimentVerdict) -> str:
    """Explanation of the columns."""
    settings = verdict.settings
    level, power = f"{settings.test_level:.3g}", f"{settings.power:g}"
    images = verdict.images
    resampled = (
        ""
        if images is None
        else f" Test images as a sample: {images.samples} samples of {images.groups} {images.unit}"
        + ("" if images.unit == "images" else f" ({images.images} images)")
        + ", the same for all runs; verdict.md and verdict.csv have the intervals and the standard "
        "error that they add."
    )
    looks = (
        f" The level {settings.level:g} is split equally over {len(settings.looks)} looks."
        if settings.looks
        else ""
    )
    if any(of.over_all.pairs is not None for of in verdict.variants):
        test, sided = "t test of pairs", "the two-sided t test of pairs"
    else:
        test, sided = "Welch test", "Welch's two-sided test"
    if asks_for_equivalence(verdict):
        tests = (
            f"Equivalent: two one-sided {test.replace('test', 'tests')} at {level} pass, that is, "
            f"the interval lies inside the margin. Different: {sided} at {level}."
        )
    else:
        tests = (
            f"Non-inferior: a one-sided {test} at {level} passes, that is, the interval lies above "
            f"minus the margin. Better, worse: {sided} at {level}."
        )
    family = " and treatments" if family_size(verdict) else ""
    return (
        f"Difference: {verdict.task.noun} AP in points (0.01), variant minus {verdict.reference}. "
        f"{tests} †: verdict changes after Holm "
        f"correction over the classes{family}. Detectable: the difference that these runs detect "
        f"with power {power}. Runs: per variant, to decide with power {power} if the observed "
        f"difference and standard deviations are true.{looks}{resampled}"
    )
