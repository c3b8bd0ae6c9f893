"""Table II in each format: pure functions from the table to text, and back from JSON."""

import math
from typing import Any

import pandas as pd
from tabulate import tabulate

from workflow_scripts.analysis.tables.table import (
    ResultTable,
    RunRecord,
    blocks,
    caption,
    layout,
    missing_line,
)
from workflow_scripts.common import latex
from workflow_scripts.common.errors import UserError
from workflow_scripts.common.section import validate
from workflow_scripts.contracts.runs import ExpectedRuns

SCHEMA = 1


def as_csv(table: ResultTable) -> str:
    """The long table; undefined numbers are empty."""
    return table.cells.to_csv(index=False)


def as_markdown(table: ResultTable) -> str:
    """The whitepaper's layout; the variants stand in the first row, below "AP"."""
    parts = [_pipes(block) for block in blocks(table)]
    return "\n\n".join(filter(None, [*parts, caption(table), missing_line(table)])) + "\n"


def _pipes(block: pd.DataFrame) -> str:
    variants = ["", *(f"**{name}**" for name in block.columns)]
    headers = ["Class", "AP", *[""] * (block.shape[1] - 1)]
    return tabulate([variants, *_rows(block)], headers, "pipe", disable_numparse=True)


def as_plain_text(table: ResultTable) -> str:
    """For output that goes to a file or a log."""
    parts = [_columns(block) for block in blocks(table)]
    return "\n\n".join(filter(None, [caption(table), *parts, missing_line(table)])) + "\n"


def _columns(block: pd.DataFrame) -> str:
    first, *others = block.columns
    headers = ["\nClass", f"AP\n{first}", *(f"\n{name}" for name in others)]
    return tabulate(_rows(block), headers, "simple", disable_numparse=True)


def _rows(block: pd.DataFrame) -> list[list[str]]:
    return block.reset_index().to_numpy().tolist()


def as_latex(table: ResultTable) -> str:
    r"""A `table` to `\input`; needs the package booktabs."""
    text = " ".join(filter(None, [caption(table), missing_line(table)]))
    return latex.table([_tabular(block) for block in blocks(table)], text, "results")


def _tabular(block: pd.DataFrame) -> str:
    width = block.shape[1]
    body = [
        " & ".join([latex.escape(title), *map(latex.number, cells)]) + r" \\"
        for title, *cells in _rows(block)
    ]
    lines = [
        rf"\begin{{tabular}}{{l{'c' * width}}}",
        r"\toprule",
        rf"Class & \multicolumn{{{width}}}{{c}}{{AP}} \\",
        rf"\cmidrule(l){{2-{width + 1}}}",
        " & ".join(["", *map(latex.escape, block.columns)]).strip() + r" \\",
        r"\midrule",
        *body[:-1],
        r"\midrule",
        body[-1],
        r"\bottomrule",
        r"\end{tabular}",
    ]
    return "\n".join(f"  {line}" for line in lines)


def as_json(table: ResultTable) -> dict[str, Any]:
    """Everything, for programs; undefined numbers are null."""
    return {
        "schema": SCHEMA,
        "reference": table.reference,
        "engine": table.engine,
        "tested_on": table.tested_on,
        "images": table.images,
        **table.expected.model_dump(mode="json"),
        "cells": [
            {key: None if _is_nan(value) else value for key, value in row.items()}
            for row in table.cells.to_dict("records")
        ],
        "runs": [vars(run) for run in table.runs],
        "missing": [
            {"variant": variant, "seed": seed}
            for variant, seeds in table.missing.items()
            for seed in seeds
        ],
        "caption": caption(table),
        "layout": {"columns": list(table.expected.variants), "rows": _rows(layout(table))},
    }


def _is_nan(value: Any) -> bool:
    return isinstance(value, float) and math.isnan(value)


def from_json(content: Any, where: str) -> ResultTable:
    """The table again.

    Args:
        content: what `as_json` made.
        where: the file that it came from, for the error.

    Raises:
        UserError: it is not such a table.
    """
    try:
        expected = {key: content[key] for key in ExpectedRuns.model_fields if key in content}
        missing: dict[str, list[int]] = {}
        for run in content["missing"]:
            missing.setdefault(run["variant"], []).append(run["seed"])
        return ResultTable(
            expected=validate(ExpectedRuns, expected, where),
            reference=content["reference"],
            engine=content["engine"],
            tested_on=content["tested_on"],
            images=content["images"],
            cells=pd.DataFrame(content["cells"]).astype({"mean": float, "std": float}),
            runs=tuple(RunRecord(**run) for run in content["runs"]),
            missing=missing,
        )
    except (KeyError, TypeError) as error:
        raise UserError(f"{where}: not a table_2.json ({error}); make it again") from None
