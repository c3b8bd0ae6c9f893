"""Text of others in a table stays text, in every format."""

import matplotlib
import pandas as pd
from figures_and_tables import latex
from figures_and_tables.figures import (
    COLOURS,
    MARKERS,
    colours_of,
    draw_panels,
    save,
    say,
    style,
)
from figures_and_tables.inline import inline_file, keywords_of
from figures_and_tables.tables import TextTable, csv_of, latex_tables, markdown
from matplotlib.layout_engine import ConstrainedLayoutEngine

TABLE = TextTable(title="Rates", columns=("Name", "Rate"), rows=(("a_b|<b>", "0.5 ± 0.1"),))


def test_markdown_starts_no_cell_and_no_tag():
    text = markdown([TABLE], "A caption.", ["a [link]"])
    assert text.startswith("**Attention:** a \\[link\\]\n\n## Rates\n\n| Name")
    assert "| a_b\\|\\<b> | 0.5 ± 0.1 |" in text
    assert text.endswith("A caption.\n")


def test_latex_is_escaped_and_fits_the_page():
    text = latex_tables([TABLE], "50 % of_it.", "rates")
    assert "\\caption{Rates. 50 \\% of\\_it.}" in text
    assert "\\label{tab:rates-1}" in text
    assert "\\linewidth" in text
    assert latex.number("0.309 ± 0.002 (n=4)") == r"$0.309 \pm 0.002\ (n=4)$"
    assert latex.number(latex.UNDEFINED) == "--"


def test_a_spreadsheet_takes_no_text_for_a_formula():
    assert csv_of(pd.DataFrame({"name": ["=1+1", "-a", "b"], "x": [-1.5, 2, 3]})) == (
        "name,x\n'=1+1,-1.5\n'-a,2.0\nb,3.0\n"
    )


def test_42_series_are_told_apart():
    names = [f"v{number}" for number in range(len(COLOURS) * len(MARKERS))]
    assert len(set(colours_of(names, "none of them").values())) == 43


def test_a_figure_is_the_same_again_and_nothing_in_it_acts(tmp_path):
    for folder in ("a", "b"):
        with style("said"):
            save(say("<b>no & numbers $x$"), tmp_path / folder, "said", ["key"])
    first, second = ((tmp_path / folder / "said.svg").read_bytes() for folder in ("a", "b"))
    assert first == second
    assert keywords_of(tmp_path / "a" / "said.svg") == {"key"}
    inline = str(inline_file(tmp_path / "a" / "said.svg", "No numbers"))
    assert 'aria-label="No numbers"' in inline
    assert "metadata" not in inline
    assert "var(--quiet)" in inline
    assert not matplotlib.rcParams["svg.hashsalt"]


def test_a_figure_is_laid_out_once_as_matplotlib_does_for_an_svg(tmp_path, monkeypatch):
    def drawn():
        return draw_panels(["a", "b"], lambda axes, name: axes.set_title(name), (2, 2))

    with style("panels"):
        drawn().savefig(tmp_path / "plain.svg", metadata={"Date": None})
        layouts = []
        execute = ConstrainedLayoutEngine.execute
        monkeypatch.setattr(
            ConstrainedLayoutEngine,
            "execute",
            lambda engine, figure: layouts.append(figure) or execute(engine, figure),
        )
        save(drawn(), tmp_path, "panels")
    assert len(layouts) == 1
    assert (tmp_path / "panels.svg").read_bytes() == (tmp_path / "plain.svg").read_bytes()
