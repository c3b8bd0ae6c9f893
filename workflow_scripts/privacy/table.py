"""The privacy table: the audits of all variants, as numbers and as text."""

import textwrap
from collections.abc import Iterator, Sequence
from typing import Any

import pandas as pd
from figures_and_tables.tables import TextTable
from plain_commands.counts import counted
from tabulate import tabulate

from workflow_scripts.contracts.audits import ALL_SIZES, Audit, FoundShare, RegionsAudit
from workflow_scripts.contracts.regions import Kind

UNDEFINED = "–"
Row = tuple[str, str, str, str, Any, int]
COLUMNS = ("variant", "kind", "size", "metric", "value", "n")
NOT_LOOKED_FOR = "not looked for"
WHOLE = "image"
"""Name of the kind for numbers about whole images."""

CAPTION = (
    "Found again: share of regions that the detector still finds (in brackets: in the originals). "
    "Unchanged: regions with less than a tenth of their pixels changed. Pixels outside: changed "
    "pixels where the manifest lists no change."
)


def long_table(attacks: Sequence[Row], audits: Sequence[Audit]) -> pd.DataFrame:
    """A row per variant, kind, size class and metric, with the number of values.

    Args:
        attacks: the first rows.
        audits: audits of all variants.
    """
    rows = [*attacks, *(row for audit in audits for row in _rows_of(audit))]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _rows_of(audit: Audit) -> Iterator[Row]:
    for kind in Kind:
        if kind not in audit.kinds:  # no number, since there may be any
            yield audit.variant, kind.value, ALL_SIZES, "regions", None, 0
        for size, block in audit.kinds.get(kind, {}).items():
            for metric, value, n in _metrics_of(block):
                yield audit.variant, kind.value, size, metric, value, n
    n, dropped = audit.images.n, audit.images.dropped
    if dropped:
        yield audit.variant, WHOLE, ALL_SIZES, "dropped", dropped, n + dropped
    inside = n - audit.images.whole_image
    for metric, value, of in (
        ("pixels_outside", audit.outside.pixels if inside else None, inside),
        ("images_changed_outside", audit.outside.n if inside else None, inside),
        ("ssim", audit.whole_images.ssim, n),
        ("psnr", audit.whole_images.psnr, n),
        ("files_with_metadata", audit.metadata.n, n),
    ):
        yield audit.variant, WHOLE, ALL_SIZES, metric, value, of


def _metrics_of(block: RegionsAudit) -> Iterator[tuple[str, Any, int]]:
    n = block.regions
    yield "regions", n, n
    if block.dropped:
        yield "dropped", block.dropped, n + block.dropped
    if not n:
        return
    yield "unchanged", block.unchanged.n, n
    for route, count in block.routes.items():
        yield f"route:{route}", count, n
    for metric in ("found_again", "found_in_originals"):
        found: FoundShare = getattr(block, metric)
        yield metric, found.share, found.n
    if block.characters:
        yield "characters_unchanged", block.characters.share, block.characters.n
    yield "ssim", block.ssim, n
    yield "psnr", block.psnr, n


def text_tables(audits: Sequence[Audit]) -> list[TextTable]:
    """Tables for readers, with one row per variant: faces, license plates, whole images."""
    tables = []
    for kind in Kind:
        rows = {audit.variant: _cells(audit, kind) for audit in audits}
        if any(row["Regions"] != "0" for row in rows.values()):
            tables.append(_text_table(kind.plural.capitalize(), rows))
    return [*tables, _text_table("Whole images", {one.variant: _whole(one) for one in audits})]


def _text_table(title: str, rows: dict[str, dict[str, str]]) -> TextTable:
    """A table from cells by variant and column."""
    columns = list(dict.fromkeys(column for cells in rows.values() for column in cells))
    return TextTable(
        title=title,
        columns=("Variant", *columns),
        rows=tuple(
            (variant, *(cells.get(column, UNDEFINED) for column in columns))
            for variant, cells in rows.items()
        ),
    )


def _cells(audit: Audit, kind: Kind) -> dict[str, str]:
    block = audit.of(kind)
    if not block.regions:
        count = f"0{_and_dropped(block.dropped)}"
        return {"Regions": count if kind in audit.kinds else NOT_LOOKED_FOR}
    found, before = _percent(block.found_again), _percent(block.found_in_originals)
    cells = {
        "Regions": f"{block.regions}{_and_dropped(block.dropped)}",
        "Unchanged": f"{block.unchanged.n}{' (whole_image)' if audit.images.whole_image else ''}",
        "Changed by": ", ".join(f"{name} {n}" for name, n in block.routes.items()),
        "Found again": f"{found} ({before})",
    }
    if characters := block.characters:
        cells["Characters unchanged"] = (
            f"{characters.unchanged} of {characters.n}" if characters.n else UNDEFINED
        )
    return cells | {"SSIM": _number(block.ssim)}


def _whole(audit: Audit) -> dict[str, str]:
    psnr, metadata = audit.whole_images.psnr, audit.metadata
    whole = f", {counted(n, 'image')} not compared" if (n := audit.images.whole_image) else ""
    kinds = ", ".join(f"{name} {n}" for name, n in metadata.kinds.items())
    return {
        "Images": f"{audit.images.n}{_and_dropped(audit.images.dropped)}",
        "Pixels outside": f"{audit.outside.pixels}{whole}",
        "SSIM": _number(audit.whole_images.ssim, 4),
        "PSNR": UNDEFINED if psnr is None else f"{psnr:.1f} dB",
        "Metadata": f"{counted(metadata.n, 'file')} ({kinds})" if metadata.n else "none",
    }


def _and_dropped(number: int) -> str:
    """Suffix with the number of dropped images, or of regions in them."""
    return f" ({number} more dropped)" if number else ""


def _percent(found: FoundShare) -> str:
    return UNDEFINED if found.share is None else f"{100 * found.share:.1f} %"


def _number(value: float | None, digits: int = 2) -> str:
    return UNDEFINED if value is None else f"{value:.{digits}f}"


def as_plain_text(tables: Sequence[TextTable], answers: Sequence[str], notes: Sequence[str]) -> str:
    """The tables for a terminal or a log, with one column per variant as in Table II.

    Tables with several rows per variant, such as those of attacks, are not transposed.
    """
    parts = [textwrap.fill(text, 100) for text in answers]
    for table in tables:
        headers, *rows = table.columns, *table.rows
        if len({row[0] for row in rows}) == len(rows):
            headers, *rows = zip(headers, *rows, strict=True)
        headers = (table.title, *headers[1:])
        parts.append(tabulate(rows, headers, "simple", disable_numparse=True))
    parts += [textwrap.fill(text, 100) for text in (CAPTION, *(f"Attention: {n}" for n in notes))]
    return "\n\n".join(parts) + "\n"
