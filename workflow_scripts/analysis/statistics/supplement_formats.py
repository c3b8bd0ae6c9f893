"""The supplement in words, and as csv (fractions of 1), Markdown, LaTeX and plain text."""

import textwrap
from typing import Any

import pandas as pd
from figures_and_tables.tables import csv_of, in_markdown, latex_tables
from run_equivalence.effects import IntervalEstimate
from run_equivalence.verdicts import Question

from workflow_scripts.analysis.statistics.supplement_sentences import sentences_of
from workflow_scripts.analysis.statistics.supplement_tables import (
    caption,
    masses,
    tables_judged,
    tables_of,
)
from workflow_scripts.contracts.supplements import (
    ClassSupplement,
    Supplement,
    VariantSupplement,
)
from workflow_scripts.contracts.verdicts import ExperimentVerdict

WIDTH = 100


def with_text(found: Supplement, verdict: ExperimentVerdict) -> Supplement:
    """The supplement with its sentences, its tables and their caption."""
    variants = []
    for of, beside in zip(verdict.variants, found.variants, strict=True):
        rows = list(zip(of.rows, beside.rows, strict=True))
        tables = [*tables_of(rows, verdict), *tables_judged(beside, verdict, of)]
        said = {"sentences": sentences_of(rows, verdict), "tables": tuple(tables)}
        variants.append(beside.model_copy(update=said))
    return found.model_copy(update={"variants": tuple(variants), "caption": caption(found)})


def as_csv(found: Supplement) -> str:
    """A row per variant, class and margin; fractions of 1; undefined numbers are empty."""
    both_ways = found.question is Question.EQUIVALENCE
    rows = [
        {"variant": of.variant, "role": str(of.role), "class": row.name, "margin": margin}
        | _columns(row, index, both_ways=both_ways)
        for of in found.variants
        for row in of.rows
        for index, margin in enumerate(found.margins)
    ]
    counts = {"pairs": "Int64", "runs_paired": "Int64", "runs_independent": "Int64"}
    return csv_of(pd.DataFrame(rows).astype(counts))


def _columns(row: ClassSupplement, index: int, *, both_ways: bool) -> dict[str, Any]:
    pairs, exact = row.pairs, row.exact
    sizes: dict[str, IntervalEstimate | None] = {
        name: getattr(row.effects, name, None) for name in ("relative", "hedges_g", "better")
    }
    sizes["correlation"] = pairs.correlation if pairs else None
    numbers: dict[str, Any] = {
        f"{name}{suffix}": getattr(estimate, key, None)
        for name, estimate in sizes.items()
        for suffix, key in (("", "value"), ("_low", "low"), ("_high", "high"))
    }
    numbers |= {
        "pairs": pairs and pairs.n,
        "paired_low": pairs and pairs.low,
        "paired_high": pairs and pairs.high,
        "paired_p": pairs and pairs.p_different,
        "paired_tost_p": pairs and pairs.p_within[index],
        "runs_paired": pairs and pairs.runs[index],
        "runs_independent": pairs and pairs.runs_independent[index],
    }
    test = exact and exact.test
    within = test and (test.p_equivalent if both_ways else test.p_not_worse)
    numbers |= {
        "exact_p": test and test.p_different,
        "exact_p_smallest": test and test.smallest_different,
        "exact_tost_p": within and within[index],
        "exact_tost_p_smallest": test and test.smallest_one_sided,
        "exact_verdict": exact and str(exact.verdicts[index]),
    }
    for name, group in (("pooled", row.pooled), ("pooled_images", row.pooled_with_images)):
        numbers |= {f"{name}_{key}": getattr(group, key, None) for key in ("mean", "low", "high")}
        numbers[f"{name}_mass"] = masses(group, index + 1, both_ways=both_ways)[index]
    return numbers


def as_markdown(found: Supplement) -> str:
    """Sentences and tables of each variant."""
    parts = []
    for of in found.variants:
        parts.append(f"## {in_markdown(_title(found, of))}")
        parts.append("\n".join(f"- {in_markdown(text)}" for text in of.sentences))
        for table in of.tables:
            parts += [f"### {table.title}", table.markdown()]
    return "\n\n".join([*filter(None, parts), in_markdown(found.caption)]) + "\n"


def as_latex(found: Supplement) -> str:
    """The tables of each variant."""
    tables = [
        table.model_copy(update={"title": f"{_title(found, of)}: {table.title}"})
        for of in found.variants
        for table in of.tables
    ]
    return latex_tables(tables, found.caption, "supplement")


def as_plain_text(found: Supplement) -> str:
    """Sentences and tables for a terminal or a log."""
    parts = []
    for of in found.variants:
        for table in of.tables:
            parts.append(f"{_title(found, of)}: {table.title.lower()}\n\n{table.plain()}")
        parts.append("\n".join(_wrapped(text) for text in of.sentences))
    return "\n\n".join([*filter(None, parts), _wrapped(found.caption)]) + "\n"


def _wrapped(text: str) -> str:
    return textwrap.fill(text, WIDTH, subsequent_indent="  ")


def _title(found: Supplement, of: VariantSupplement) -> str:
    role = f" ({of.role})" if of.role != "treatment" else ""
    return f"{of.variant}{role} against {found.reference}"
