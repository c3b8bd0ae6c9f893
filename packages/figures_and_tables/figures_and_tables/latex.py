r"""Tables to `\input` into a paper, which need the packages booktabs and graphicx."""

from collections.abc import Sequence

from tabulate import tabulate

UNDEFINED = "–"
_SPECIAL = str.maketrans(
    {
        **{character: f"\\{character}" for character in "&%$#_{}"},
        "\\": r"\textbackslash{}",
        "~": r"\textasciitilde{}",
        "^": r"\textasciicircum{}",
        "<": r"\textless{}",
        ">": r"\textgreater{}",
    }
)


def escape(text: str) -> str:
    """Text with all special characters escaped."""
    return text.translate(_SPECIAL)


def number(text: str) -> str:
    """Cell such as `0.309 ± 0.002 (n=4)` or `+0.10 to +0.30`; `–` for a missing value."""
    if text == UNDEFINED:
        return "--"
    formula = text.replace("±", r"\pm").replace(" (", r"\ (").replace(" to ", "$ to $")
    return f"${formula}$"


def table(tabulars: Sequence[str], caption: str, label: str) -> str:
    r"""LaTeX `table` to `\input`, with the tabulars below each other."""
    bodies = "\n\n  \\medskip\n\n".join(tabulars)
    return (
        "\\begin{table}\n  \\centering\n"
        f"{bodies}\n  \\caption{{{escape(caption)}}}\n  \\label{{tab:{label}}}\n\\end{{table}}\n"
    )


def tabular(headers: Sequence[str], rows: Sequence[Sequence[str]], texts: int = 1) -> str:
    """Tabular with a row of headers.

    Args:
        headers: title of each column.
        rows: rows of cells; the first `texts` of each row are text, the others numbers.
        texts: number of text columns.
    """
    body = [
        " & ".join([*map(escape, row[:texts]), *map(number, row[texts:])]) + r" \\" for row in rows
    ]
    lines = [
        rf"\begin{{tabular}}{{{'l' * texts}{'r' * (len(headers) - texts)}}}",
        r"\toprule",
        " & ".join(map(escape, headers)) + r" \\",
        r"\midrule",
        *body,
        r"\bottomrule",
        r"\end{tabular}",
    ]
    return _fitted("\n".join(lines))


def text_table(
    rows: Sequence[Sequence[str]], headers: Sequence[str], caption: str, label: str
) -> str:
    r"""LaTeX `table` to `\input` of plain text cells, at most as wide as the page."""
    body = tabulate(rows, headers, "latex_booktabs", disable_numparse=True)
    return table([_fitted(body)], caption, label)


def _fitted(body: str) -> str:
    """Tabular that is scaled down if it is wider than the page."""
    return (
        f"  \\resizebox{{\\ifdim\\width>\\linewidth\\linewidth\\else\\width\\fi}}{{!}}{{%\n{body}}}"
    )
