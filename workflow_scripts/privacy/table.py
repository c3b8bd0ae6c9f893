"""The privacy table: every variant's audit in one place, as numbers and as text."""

import textwrap
from collections.abc import Iterator, Sequence
from typing import Any

import pandas as pd
from tabulate import tabulate

from workflow_scripts.contracts.regions import Kind
from workflow_scripts.contracts.tables import TextTable
from workflow_scripts.privacy.report import SCHEMA
from workflow_scripts.privacy.summary import ALL

UNDEFINED = "–"
COLUMNS = ("variant", "kind", "size", "metric", "value", "n")
TITLES = {Kind.FACE: "Faces", Kind.LICENSE_PLATE: "License plates"}
NOUNS = {Kind.FACE: "faces", Kind.LICENSE_PLATE: "license plates"}
WHOLE = "image"
"""Kind of a number that covers whole images."""

CAPTION = (
    "Found again: share of regions that the detector still finds (in brackets: in the originals). "
    "Likeness: correlation with the original (faces band-passed, plates character by character), "
    "mean and maximum; of others: mean between different faces or plates of similar size. "
    "Unchanged: regions with less than a tenth of their pixels changed. Pixels outside: changed "
    "pixels where the manifest lists no change."
)


def long_table(reports: Sequence[dict[str, Any]]) -> pd.DataFrame:
    """A row for each variant, kind, size class and metric; `n` is what the value is of."""
    rows = [row for report in reports for row in _rows_of(report)]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _rows_of(report: dict[str, Any]) -> Iterator[tuple[Any, ...]]:
    variant = report["variant"]
    for kind, by_size in report["kinds"].items():
        for size, block in by_size.items():
            for metric, value, n in _of_block(block):
                yield variant, kind, size, metric, value, n
    images = report["images"]["n"]
    for metric, value in (
        ("pixels_outside", report["outside"]["pixels"]),
        ("images_changed_outside", report["outside"]["n"]),
        ("ssim", report["whole_images"]["ssim"]),
        ("psnr", report["whole_images"]["psnr"]),
        ("files_with_metadata", report["metadata"]["n"]),
    ):
        yield variant, WHOLE, ALL, metric, value, images


def _of_block(block: dict[str, Any]) -> Iterator[tuple[str, Any, int]]:
    n = block["regions"]
    yield "regions", n, n
    if not n:
        return
    yield "unchanged", block["unchanged"]["n"], n
    for route, count in block["routes"].items():
        yield f"route:{route}", count, n
    for metric in ("found_again", "found_in_originals"):
        yield metric, block[metric]["share"], block[metric]["n"]
    for metric in ("correlation", "correlation_band_passed", "embedding"):
        values = block.get(metric)
        if values is None:
            continue
        others = next(name for name in values if name.startswith("between_"))
        for name in ("mean", "median", "p90", "max"):
            yield f"{metric}:{name}", values.get(name), values["n"]
            yield f"{metric}:{others}:{name}", values[others].get(name), values[others]["n"]
    if "characters" in block:
        yield "characters_unchanged", block["characters"]["share"], block["characters"]["n"]
    for metric in ("ssim", "psnr"):
        yield metric, block[metric], n


def text_tables(reports: Sequence[dict[str, Any]]) -> list[TextTable]:
    """The readable tables, one row a variant each: faces, license plates, whole images."""
    tables = []
    for kind, title in TITLES.items():
        rows = {r["variant"]: _cells(kind, r["kinds"].get(kind, {}).get(ALL)) for r in reports}
        if any(row["Regions"] != "0" for row in rows.values()):
            tables.append(_text_table(title, rows))
    whole = {report["variant"]: _whole(report) for report in reports}
    return [*tables, _text_table("Whole images", whole)]


def _text_table(title: str, rows: dict[str, dict[str, str]]) -> TextTable:
    """A table of cells by variant and column; cells that a variant lacks are undefined."""
    columns = list(dict.fromkeys(column for cells in rows.values() for column in cells))
    return TextTable(
        title=title,
        columns=("Variant", *columns),
        rows=tuple(
            (variant, *(cells.get(column, UNDEFINED) for column in columns))
            for variant, cells in rows.items()
        ),
    )


def _cells(kind: Kind, block: dict[str, Any] | None) -> dict[str, str]:
    if block is None or not block["regions"]:
        return {"Regions": "0"}
    found, before = _percent(block["found_again"]), _percent(block["found_in_originals"])
    cells = {
        "Regions": str(block["regions"]),
        "Unchanged": str(block["unchanged"]["n"]),
        "Changed by": ", ".join(f"{name} {n}" for name, n in block["routes"].items()),
        "Found again": f"{found} ({before})",
    }
    others = "between_people" if kind is Kind.FACE else "between_plates"
    likeness = "correlation_band_passed" if kind is Kind.FACE else "correlation"
    for metric, title in ((likeness, "Likeness"), ("embedding", "Embedding")):
        if metric not in block:
            continue
        values = block[metric]
        cells[title] = f"{_number(values.get('mean'))}, max {_number(values.get('max'))}"
        cells[f"{title} of others"] = _number(values[others].get("mean"))
    if "characters" in block:
        characters = block["characters"]
        cells["Characters unchanged"] = (
            f"{characters['unchanged']} of {characters['n']}" if characters["n"] else UNDEFINED
        )
    return cells | {"SSIM": _number(block["ssim"])}


def _whole(report: dict[str, Any]) -> dict[str, str]:
    outside, whole, metadata = (report[key] for key in ("outside", "whole_images", "metadata"))
    kinds = ", ".join(f"{name} {n}" for name, n in metadata["kinds"].items())
    return {
        "Images": str(report["images"]["n"]),
        "Pixels outside": str(outside["pixels"]),
        "SSIM": _number(whole["ssim"], 4),
        "PSNR": UNDEFINED if whole["psnr"] is None else f"{whole['psnr']:.1f} dB",
        "Metadata": f"{metadata['n']} files ({kinds})" if metadata["n"] else "none",
    }


def _percent(found: dict[str, Any]) -> str:
    return UNDEFINED if found["share"] is None else f"{100 * found['share']:.1f} %"


def _number(value: float | None, digits: int = 2) -> str:
    return UNDEFINED if value is None else f"{value:.{digits}f}"


def shortcomings(reports: Sequence[dict[str, Any]]) -> list[str]:
    """Findings on the variants that need attention, a sentence each; none on the originals."""
    found = []
    for report in reports:
        if report["originals"]:
            continue
        for kind, by_size in report["kinds"].items():
            block = by_size[ALL]
            if block["regions"] and block["unchanged"]["n"]:
                what = f"{block['unchanged']['n']} of {block['regions']} {NOUNS[kind]} unchanged"
                found.append(_sentence(report, what, block["unchanged"]["images"]))
        for key, what in (
            ("outside", "{} images changed outside the regions"),
            ("metadata", "{} files carry metadata"),
        ):
            if report[key]["n"]:
                found.append(
                    _sentence(report, what.format(report[key]["n"]), report[key]["images"])
                )
    return found


def _sentence(report: dict[str, Any], what: str, images: Sequence[str]) -> str:
    return f"{report['variant']}: {what}, e.g. in {', '.join(images[:3])}"


def as_json(
    reports: Sequence[dict[str, Any]], tables: Sequence[TextTable], notes: Sequence[str]
) -> dict[str, Any]:
    """Content of a privacy.json: the audits, and the readable tables for a report."""
    return {
        "schema": SCHEMA,
        "audits": list(reports),
        "notes": list(notes),
        "caption": CAPTION,
        "layouts": [table.as_json() for table in tables],
    }


def as_markdown(tables: Sequence[TextTable], notes: Sequence[str]) -> str:
    """The readable tables, one row a variant, with the notes above them."""
    parts = [f"**Attention:** {note}" for note in notes]
    parts += [f"**{table.title}**\n\n{table.markdown()}" for table in tables]
    return "\n\n".join([*parts, CAPTION]) + "\n"


def as_plain_text(tables: Sequence[TextTable], notes: Sequence[str]) -> str:
    """The tables for a terminal or a log, one column a variant, as in Table II."""
    parts = []
    for table in tables:
        turned = list(zip(table.columns, *table.rows, strict=True))
        headers = [table.title, *turned[0][1:]]
        parts.append(tabulate(turned[1:], headers, "simple", disable_numparse=True))
    parts += [textwrap.fill(text, 100) for text in (CAPTION, *(f"Attention: {n}" for n in notes))]
    return "\n\n".join(parts) + "\n"
