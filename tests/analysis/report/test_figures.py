"""The figures for papers, and the table and plot that compare experiments."""

import re
import shutil
from dataclasses import replace
from itertools import pairwise
from xml.etree import ElementTree

import numpy as np
import pandas as pd
import pytest
from figures_and_tables.figures import lay_out, style
from figures_and_tables.inline import inline_figure, inline_file, keywords_of
from matplotlib.backends.backend_agg import FigureCanvasAgg
from PIL import Image
from run_equivalence.verdicts import Question

from tests.commands import report as main
from tests.written_results import FIVE, write_results
from workflow_scripts.analysis.report.figures import (
    FIGURES,
    curves,
    forest,
    reliability,
    seeds,
    sizes,
    tradeoff,
)
from workflow_scripts.analysis.report.results import read_results


@pytest.mark.slow
def test_each_figure_is_there_as_svg_and_png_and_the_same_again(tmp_path, finished):
    for folder in ("once", "again"):
        assert main(["figures", str(finished), "--output", str(tmp_path / folder)]) == 0
    for figure in FIGURES:
        svg, png = (tmp_path / f"once/{figure.NAME}.{suffix}" for suffix in ("svg", "png"))
        assert svg.read_bytes() == (tmp_path / f"again/{figure.NAME}.svg").read_bytes()
        assert Image.open(png).width > 1500
        words = " ".join(ElementTree.parse(svg).getroot().itertext())
        assert "natural" in words or "Faces" in words


@pytest.fixture
def curves_only(monkeypatch):
    """The command draws this figure, not all of them."""
    monkeypatch.setattr("workflow_scripts.analysis.report.commands.figures.FIGURES", (curves,))


def test_a_figure_without_numbers_says_so(tmp_path, finished, curves_only):
    results = shutil.copytree(finished, tmp_path / "bare")
    for path in results.glob("runs/*/*/metrics.jsonl"):
        path.write_text("")
    assert main(["figures", str(results)]) == 0
    assert "No data for this figure." in (results / "figures/learning_curves.svg").read_text()


def test_of_many_variants_the_first_are_drawn_and_that_is_said(
    tmp_path, finished, curves_only, monkeypatch, capsys
):
    results = read_results(finished)
    figures = (forest, sizes, curves, reliability)
    assert [len(figure.panels(results)) for figure in figures] == [4, 12, 5, 5]
    assert results.not_drawn == ""
    monkeypatch.setattr("workflow_scripts.analysis.report.results.MOST_DRAWN", 2)
    assert [len(figure.panels(results)) for figure in figures] == [2, 6, 3, 3]
    assert results.drawn == ("unmodified", "natural", "blackbox")
    assert main(["figures", str(finished), "--output", str(tmp_path)]) == 0
    said = "Of 4 variants, the first 2 are shown; the tables have all."
    assert said in capsys.readouterr().err
    page = tmp_path / "report.html"
    assert main(["html", str(finished), "--output", str(page)]) == 0
    # Of the differences, the learning curves and the reliability diagrams.
    assert page.read_text().count(said) == 3


def test_a_short_training_has_whole_iterations_on_its_axis(finished):
    results = read_results(finished)
    runs = tuple(replace(run, curve=((1, 2.0), (2, 1.5), (3, 1.2))) for run in results.runs)
    results = replace(results, runs=runs)
    figure = curves.draw(results, curves.panels(results)[:1], 1, curves.WIDTH)
    low, high = figure.axes[0].get_xlim()
    shown = [at for at in figure.axes[0].get_xticks() if low <= at <= high]
    assert shown == [0, 1, 2, 3]


def test_a_cut_learning_curve_is_said(tmp_path, finished, curves_only, capsys):
    results = shutil.copytree(finished, tmp_path / "cut")
    path, *_ = sorted(results.glob("runs/*/*/metrics.jsonl"))
    path.write_text("".join(path.read_text().splitlines(keepends=True)[:-1]))
    assert main(["figures", str(results)]) == 0
    (line,) = [one for one in capsys.readouterr().err.splitlines() if "metrics.jsonl" in one]
    assert f"{path}: it ends before the last iteration, so the learning curve" in line


def test_a_reliability_diagram_has_the_bins_of_each_run(finished):
    results = read_results(finished)
    chosen = reliability.panels(results)
    assert chosen == [*results.variants]
    drawn = reliability.draw(results, chosen[:2], 2, 3.3)
    diagonal, *of_reference = drawn.axes[0].lines
    assert list(diagonal.get_xdata()) == list(diagonal.get_ydata()) == [0, 1]
    runs = [run for run in results.runs if run.variant == results.reference]
    for line, run in zip(of_reference, runs, strict=True):
        assert list(line.get_xdata()) == [of.score for of in run.reliability]
        assert list(line.get_ydata()) == [of.precision for of in run.reliability]
    assert len(drawn.axes[1].lines) == 1 + 2 * len(runs)  # the reference's stand behind
    rare = results.runs[0].reliability[0].model_copy(update={"predictions": 9})
    bare = replace(results, runs=(replace(results.runs[0], reliability=(rare,)),))
    assert reliability.panels(bare) == []


def test_a_forest_has_the_intervals_of_the_verdict(finished):
    results = read_results(finished)
    of = results.verdict.variants[0]
    with style(forest.NAME):
        axes = forest.draw(results, [of], 1, 4).axes[0]
    lines = [tuple(line.get_xdata()) for line in axes.lines if len(line.get_xdata()) == 2]
    for row in of.rows:
        assert (100 * row.low, 100 * row.high) in [pytest.approx(line) for line in lines]


def test_names_in_the_tradeoff_do_not_lie_on_each_other(finished):
    results = read_results(finished)
    plane = tradeoff.panels(results)[0]
    same = [replace(plane.points[0], variant=f"v{number}") for number in range(10)]
    looks = {"variants": tuple(point.variant for point in same)}
    crowded = replace(results, **looks)
    with style(tradeoff.NAME):
        axes = tradeoff.draw(crowded, [replace(plane, points=tuple(same))], 1, 4).axes[0]
    heights = sorted(text.xyann[1] for text in axes.texts)
    assert all(above - below >= tradeoff.LINE - 1e-9 for below, above in pairwise(heights))
    assert heights[-1] <= 1


@pytest.mark.filterwarnings("error:constrained_layout")
def test_more_names_than_fit_make_the_tradeoff_higher(finished):
    results = read_results(finished)
    plane = tradeoff.panels(results)[0]
    many = replace(plane, points=plane.points[:1] * 31)
    with style(tradeoff.NAME):
        few, high = (tradeoff.draw(results, [one], 1, 4) for one in (plane, many))
        lay_out(high)
    assert few.get_figheight() == tradeoff.HEIGHT
    heights = sorted(text.xyann[1] for text in high.axes[0].texts)
    assert heights[0] >= 0
    assert heights[-1] <= 1
    line = tradeoff.LINE * tradeoff.HEIGHT / high.get_figheight()
    assert all(above - below >= line - 1e-9 for below, above in pairwise(heights))


def test_numbers_on_the_scales_of_runs_do_not_overlap(tmp_path):
    """Values that differ in their fourth decimal have the longest numbers."""
    close = {name: (0.4794 + 0.01 * at, 0.0005, 9) for at, name in enumerate(("car", "bus"))}
    two = {name: FIVE[name] for name in ("unmodified", "natural")}
    results = read_results(write_results(tmp_path, two, 2, close))
    with style(seeds.NAME):
        figure = seeds.draw(results, seeds.panels(results), 3, seeds.ON_PAGE)
        FigureCanvasAgg(figure).draw()
        for axes in figure.axes:
            low, high = axes.get_xlim()
            ticks = [tick for tick in axes.xaxis.get_major_ticks() if low <= tick.get_loc() <= high]
            extents = [tick.label1.get_window_extent() for tick in ticks]
            assert len(extents) >= 2
            assert all(left.x1 + 2 < right.x0 for left, right in pairwise(extents))


def test_an_inlined_figure_follows_the_theme_and_keeps_nothing_that_acts(tmp_path, finished):
    results = read_results(finished)
    with style(forest.NAME):
        figure = forest.draw(results, results.verdict.variants[:1], 1, 4)
    svg = str(inline_figure(figure, "one", 'a "label"'))
    assert "var(--ink)" in svg
    assert "#1a1a1a" not in svg
    assert 'aria-label="a &quot;label&quot;"' in svg
    assert all(name.startswith("one-") for name in re.findall(r' id="([^"]*)"', svg))

    hostile = tmp_path / "hostile.svg"
    hostile.write_text(
        '<svg xmlns="http://www.w3.org/2000/svg" xmlns:x="http://www.w3.org/1999/xlink"'
        ' width="9pt" height="9pt" onload="alert(1)"><script>alert(1)</script>'
        '<a href="https://example.org"><text>t</text></a><foreignObject/>'
        '<image x:href="https://example.org/a.png"/><path onclick="alert(1)"/></svg>'
    )
    svg = str(inline_file(hostile, "label"))
    for word in ("script", "alert", "example.org", "foreignObject", "onclick", "onload"):
        assert word not in svg


def test_the_before_after_sheet_says_whether_it_has_originals(finished):
    assert "originals not shown" in keywords_of(finished / "figures/before_after.svg")


def test_experiments_are_compared_in_one_table_and_one_plot(tmp_path, finished, capsys):
    other = shutil.copytree(finished, tmp_path / "other_model")
    assert main(["compare", str(finished), str(other)]) == 0
    said = capsys.readouterr().out
    assert "other_model" in said
    assert "made_up" in said
    assert "compare the differences" in said
    out = tmp_path / "out"
    assert main(["compare", str(finished), str(other), "--output", str(out)]) == 0
    table = pd.read_csv(out / "compare.csv")
    assert len(table) == 2 * 4 * 2
    verdict = read_results(finished).verdict.variants[0].over_all
    natural = table[table["variant"] == "natural"]
    assert natural["difference"].tolist() == pytest.approx([verdict.difference] * 4)
    assert sorted(path.suffix for path in out.iterdir()) == [".csv", ".md", ".png", ".svg"]


def test_what_cannot_be_compared_is_one_line(tmp_path, finished, capsys):
    assert main(["compare", str(finished), str(finished)]) == 2
    assert "is given twice; name each experiment once" in capsys.readouterr().err
    bare = shutil.copytree(finished, tmp_path / "bare")
    (bare / "tables/verdict.json").unlink()
    assert main(["compare", str(finished), str(bare)]) == 2
    assert "no tables/verdict.json" in capsys.readouterr().err


def test_sizes_of_effects_are_those_of_the_supplement(finished):
    results = read_results(finished)
    shown = sizes.panels(results)
    variants = [of.variant for of in results.verdict.variants]
    assert [panel.of.variant for panel in shown] == [name for name in variants for _ in range(3)]
    rows = results.supplement.variants[0].rows
    with style(sizes.NAME):
        axes = sizes.draw(results, shown[:3], 3, 4).axes
    for place, (name, scale) in enumerate((("relative", 100), ("hedges_g", 1), ("better", 1))):
        wanted = [getattr(row.effects, name) for row in rows]
        drawn = {tuple(line.get_xdata()) for line in axes[place].lines}
        for estimate in wanted:
            assert (scale * estimate.low, scale * estimate.high) in drawn
            assert (scale * estimate.value,) in drawn
    assert sizes.panels(replace(results, supplement=None)) == []


def test_only_a_loss_has_a_margin_where_a_gain_is_no_matter(finished):
    results = read_results(finished)
    settings = results.verdict.settings.model_copy(update={"question": Question.NON_INFERIORITY})
    asked = results.verdict.model_copy(update={"settings": settings})

    def ends(figure, chosen, verdict):
        shown = replace(results, verdict=verdict)
        with style(figure.NAME):
            axes = figure.draw(shown, chosen(shown), 1, 4).axes[0]
        bands = [(band.get_x(), band.get_x() + band.get_width()) for band in axes.patches]
        # What lies outside is clipped, but would widen the page.
        left, right = axes.get_xlim()
        assert all(left <= start < end <= right + 1e-9 for start, end in bands)
        return bands, right

    def first(results):
        return results.verdict.variants[:1]

    assert ends(forest, first, results.verdict)[0] == [(-2, 2), (-1, 1)]
    bands, right = ends(forest, first, asked)
    assert bands == pytest.approx(np.array([(-2, right), (-1, right)]))
    bands, _ = ends(sizes, lambda results: sizes.panels(results)[:1], results.verdict)
    base = results.verdict.variants[0].rows[0].reference.mean
    assert bands[1] == pytest.approx((-1 / base, 1 / base))
    bands, right = ends(sizes, lambda results: sizes.panels(results)[:1], asked)
    assert [end for _, end in bands] == pytest.approx([right] * len(bands))
