"""Where the variance comes from: shares, and the advice that follows from them."""

import re
import shutil
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from plain_commands.files import read_json, write_json
from run_equivalence.verdicts import ClassVerdict, Verdict, WithImages

from tests.commands import report
from tests.commands import statistics as main
from tests.written_results import FIVE, write_results
from workflow_scripts.analysis.report.methods import methods_text
from workflow_scripts.analysis.report.results import read_results
from workflow_scripts.analysis.report.variance import spreads_of
from workflow_scripts.analysis.statistics.variance import (
    Spread,
    advice,
    as_frame,
    caption,
    shares_table,
    variance_rows,
)
from workflow_scripts.contracts.verdicts import ExperimentVerdict


@pytest.fixture(scope="module")
def verdict(finished) -> ExperimentVerdict:
    return ExperimentVerdict.read(finished / "tables/verdict.json")


def changed(verdict: ExperimentVerdict, variant: str, change) -> ExperimentVerdict:
    """The verdict with another row for the mean of a variant."""
    variants = [
        of.model_copy(update={"rows": (*of.classes, change(of.over_all))})
        if of.variant == variant
        else of
        for of in verdict.variants
    ]
    return verdict.model_copy(update={"variants": tuple(variants)})


def undecided(row: ClassVerdict, margin: float = 0.01) -> ClassVerdict:
    """The row, inconclusive at its first margin."""
    first = replace(row.margins[0], margin=margin, verdict=Verdict.INCONCLUSIVE)
    return replace(row, margins=(first, *row.margins[1:]))


def with_images(row: ClassVerdict, error: float, groups: float = 100) -> ClassVerdict:
    """The row with test images as a second source."""
    images = WithImages(error, 0.0, 0.0, 10.0, 0.5, groups, row.margins)
    return replace(row, with_images=images)


def cells_of(verdict, variant, spreads=None) -> dict[str, str]:
    """A row of the table by column."""
    table = shares_table(verdict, spreads or {})
    assert table is not None
    (row,) = [row for row in table.rows if row[0] == variant]
    return dict(zip(table.columns, row, strict=True))


def test_the_intervals_are_those_of_the_verdict(verdict):
    rows = variance_rows(verdict)
    assert len(rows) == 4 * 9
    for row in rows:
        low, high = row.verdict.interval
        assert row.sources.reach(0.05) == pytest.approx((high - low) / 2)
        assert sum(row.of_runs) == pytest.approx(1)
        assert row.of_images is None


def test_the_images_have_their_share(verdict):
    one = changed(verdict, "natural", lambda row: with_images(row, 0.004))
    (row,) = [r for r in variance_rows(one) if r.verdict.with_images]
    own = row.verdict.variant.std**2 / 5
    others = row.verdict.reference.std**2 / 5
    assert row.of_images == pytest.approx(0.004**2 / (own + others + 0.004**2))
    cells = cells_of(one, "natural")
    assert cells["Test images"] == f"{100 * row.of_images:.0f} %"
    assert cells["± unlimited"] == "0.66"  # 1.66 standard errors with 99 degrees of freedom
    assert cells_of(one, "blackbox")["Test images"] == "–"


def test_pairs_are_one_source(verdict):
    one = changed(verdict, "natural", lambda row: replace(row, pairs=5, df=4.0))
    (row,) = [r for r in variance_rows(one) if r.verdict.pairs]
    low, high = row.verdict.interval
    assert row.sources.reach(0.05) == pytest.approx((high - low) / 2)
    assert cells_of(one, "natural")["Reference"] == "paired"
    assert cells_of(one, "natural")["Its runs"] == "100 %"


@pytest.mark.parametrize(
    ("spread", "cell"),
    [
        (None, "not recorded"),
        (Spread(False, 1, {}), "–"),
        (Spread(True, 1, {}), "not varied"),
        (Spread(True, 5, {"all": None}), "in its runs (5 twins)"),
    ],
)
def test_what_is_known_of_the_drawing_is_said(verdict, spread, cell):
    spreads = {} if spread is None else {"natural": spread}
    assert cells_of(verdict, "natural", spreads)["Drawing"] == cell


def spread_over_twins(results: Path, twins: int, effect: float) -> Path:
    """The results as runs of several twins, each of which shifts its runs' APs."""
    origin = read_json(results / "provenance.json")
    origin["config"]["variants"]["natural"]["twins"] = twins
    write_json(results / "provenance.json", origin)
    for path in results.glob("runs/natural/*/eval.json"):
        content = read_json(path)
        seed = content["run"]["seed"]
        content["coco"]["segm"]["mAP"] = 0.3 + effect * ((seed - 1) % twins) + 1e-4 * seed
        write_json(path, content)
    return results


@pytest.mark.parametrize(("effect", "least", "most"), [(0.02, 0.95, 1), (0.0, 0, 0.2)])
def test_twins_that_differ_have_their_share(finished, tmp_path, effect, least, most):
    results = spread_over_twins(shutil.copytree(finished, tmp_path / "twins"), 2, effect)
    read = read_results(results)
    found = spreads_of(read)["natural"].of_twins["all"]
    assert found is not None
    assert found.groups == 2
    assert least <= found.share <= most
    assert read.verdict is not None
    cells = cells_of(read.verdict, "natural", spreads_of(read))
    whole = int(cells["Its runs"].removesuffix(" %")) / 100
    assert cells["Drawing"].endswith(" % (2 twins)")
    assert int(cells["Drawing"].partition(" ")[0]) == pytest.approx(
        100 * whole * found.share, abs=1
    )


def test_the_answer_says_what_is_of_the_first_twin_alone(finished, tmp_path):
    results = spread_over_twins(shutil.copytree(finished, tmp_path / "twins"), 5, 0.0)
    assert report(["html", str(results)]) == 0
    page = (results / "report.html").read_text(encoding="utf-8")
    said = "The runs of natural are distributed over 5 sets of its images"
    assert said in page
    assert said not in (finished / "report.html").read_text(encoding="utf-8")


def spread_over_initialisations(results: Path, number: int, effect: float) -> Path:
    """The results as runs that share initialisations, each of which shifts natural's APs."""
    origin = read_json(results / "provenance.json")
    origin["config"]["training"]["initialisation_seeds"] = number
    write_json(results / "provenance.json", origin)
    for path in results.glob("runs/natural/*/eval.json"):
        content = read_json(path)
        seed = content["run"]["seed"]
        # The order of the images has its part, too.
        content["coco"]["segm"]["mAP"] = 0.3 + effect * ((seed - 1) % number) + 1e-3 * (seed % 3)
        write_json(path, content)
    return results


@pytest.fixture
def initialised(finished, tmp_path) -> Path:
    """Five runs of each variant on two initialisations, which matter for natural."""
    results = shutil.copytree(finished, tmp_path / finished.name)
    return spread_over_initialisations(results, 2, 0.02)


def test_initialisation_and_order_share_the_runs(initialised):
    read = read_results(initialised)
    found = spreads_of(read)["natural"].of_initialisations["all"]
    assert found is not None
    assert (found.groups, found.runs) == (2, 5)
    assert read.verdict is not None
    cells = cells_of(read.verdict, "natural", spreads_of(read))
    whole = int(cells["Its runs"].removesuffix(" %"))
    low, high = (100 * end for end in found.interval(0.05))
    ours, rest = (re.findall(r"-?\d+", cells[name]) for name in ("Initialisation", "Order"))
    shares = [whole * found.share_of_a_run, whole * low / 100, whole * high / 100]
    assert list(map(int, ours)) == pytest.approx(shares, abs=1)
    left = [whole - shares[0], whole - shares[2], whole - shares[1]]
    assert list(map(int, rest)) == pytest.approx(left, abs=1)
    assert "the parts of its runs, with 90 % intervals, that come from" in caption(
        read.verdict, spreads_of(read)
    )


def test_pairs_are_split_by_their_differences(initialised):
    """What the initialisation does to both of a pair alike is no part of their difference."""
    for path in initialised.glob("runs/unmodified/*/eval.json"):
        own = read_json(initialised / "runs/natural" / path.parent.name / "eval.json")
        content = read_json(path)
        seed = content["run"]["seed"]
        content["coco"]["segm"]["mAP"] = own["coco"]["segm"]["mAP"] - 0.01 + 1e-3 * (seed % 4)
        write_json(path, content)
    read = read_results(initialised)
    assert read.verdict is not None
    paired = changed(read.verdict, "natural", lambda row: replace(row, pairs=5, df=4.0))
    unpaired, found = (
        spreads_of(results)["natural"].of_initialisations["all"]
        for results in (read, replace(read, verdict=paired))
    )
    assert unpaired is not None and found is not None
    assert unpaired.share_of_a_run > 0.9
    assert found.share_of_a_run < 0.5


def test_sharing_initialisations_is_said(initialised):
    read = read_results(initialised)
    assert read.verdict is not None
    said = advice(read.verdict, spreads_of(read), {})
    assert said[-2] == (
        "Runs share 2 initialisations, and count as independent; they are without "
        "training.initialisation_seeds."
    )
    assert said[-3].startswith("Between the runs of unmodified, the initialisation is ")
    assert "of the variance (90 % interval 0 to " in said[-3]
    record = initialised / "runs/natural/seed~3/run.json"
    write_json(record, read_json(record) | {"training_seed": 3, "initialisation_seed": 1})
    assert report(["html", str(initialised)]) == 0
    page = (initialised / "report.html").read_text(encoding="utf-8")
    assert "<li>Runs share 2 initialisations, but the tests assume independent runs" in page
    assert page.count("<td>3 (initialisation 1)</td>") == 1
    text = " ".join(methods_text(read).split())
    assert "Random initial weights were drawn with 2 seeds, over which the runs were spread" in text
    assert "initialisation_seeds 2" not in text


def test_a_reference_that_the_provenance_lacks_has_no_share(initialised):
    origin = read_json(initialised / "provenance.json")
    del origin["config"]["variants"]["unmodified"]
    write_json(initialised / "provenance.json", origin)
    read = read_results(initialised)
    assert read.verdict is not None
    said = advice(read.verdict, spreads_of(read), {})
    assert not any(line.startswith("Between the runs of unmodified") for line in said)
    assert any(line.startswith("Runs share 2 initialisations") for line in said)


@pytest.mark.parametrize("variant", ["natural", "unmodified"])
def test_runs_beyond_those_of_all_variants_share_initialisations_too(tmp_path, variant):
    """Two runs of each variant with two initialisations, and a third of one."""
    results = write_results(tmp_path, FIVE, 2, more_seeds={variant: [3]})
    spread_over_initialisations(results, 2, 0.02)
    read = read_results(results)
    assert read.verdict is not None
    said = advice(read.verdict, spreads_of(read), {})
    assert any(line.startswith("Runs share 2 initialisations, and count as") for line in said)
    assert report(["html", str(results)]) == 0
    page = (results / "report.html").read_text(encoding="utf-8")
    assert "<li>Runs share 2 initialisations, but the tests assume independent runs" in page


def test_the_file_of_shares_has_those_of_the_initialisation(initialised):
    read = read_results(initialised)
    assert read.verdict is not None
    table = as_frame(read.verdict, spreads_of(read)).set_index(["variant", "class"])
    row = table.loc["natural", "all"]
    assert 0 <= row["share_initialisation_low"] < row["share_initialisation"]
    assert row["share_initialisation"] < row["share_initialisation_high"]
    assert row["share_initialisation_high"] <= row["share_variant_runs"]


@pytest.mark.parametrize("number", [5, 7])
def test_an_initialisation_for_each_run_tells_nothing(finished, tmp_path, number):
    results = spread_over_initialisations(shutil.copytree(finished, tmp_path / "own"), number, 0.0)
    read = read_results(results)
    assert read.verdict is not None
    cells = cells_of(read.verdict, "natural", spreads_of(read))
    assert (cells["Initialisation"], cells["Order"]) == ("–", "–")
    assert not any("initialisation" in line for line in advice(read.verdict, spreads_of(read), {}))


def test_variants_that_draw_nothing_are_told_from_those_that_do(finished):
    spreads = spreads_of(read_results(finished))
    assert {name: one.by_seed for name, one in spreads.items()} == {
        **dict.fromkeys(("unmodified", "blackbox", "aa_control", "masked"), False),
        "natural": True,
    }


def test_advice_where_all_is_decided(verdict):
    spreads = {"natural": Spread(True, 1, {}), "blackbox": Spread(False, 1, {})}
    said = advice(verdict, spreads, {})
    assert said[:-1] == [
        "All runs of natural share one drawing of the images: no interval includes its variance. "
        "With twins: 5 in variants.natural, each of 5 runs has its own."
    ]
    assert said[-1].startswith("aa_control, in which nothing was changed, differs by 0.2 standard")
    assert said[-1].endswith("consistent with chance.")


def test_advice_where_more_runs_help(verdict):
    one = changed(verdict, "natural", undecided)
    first, second, *_ = advice(one, {}, {})
    assert first == "natural is undecided within 1 point: twice the runs narrow ± 0.51 to ± 0.34."
    # The reference varies more than natural.
    assert second.startswith(
        "The next GPU hour is best spent on unmodified: one more run reduces the"
    )
    # A run of the reference that takes ten times as long is worth less.
    hours = {"natural": 1.0, "unmodified": 10.0}
    assert "best spent on natural: one more run (1.0 device hours)" in advice(one, {}, hours)[1]


def test_advice_where_images_are_most_of_it(verdict):
    one = changed(verdict, "natural", lambda row: with_images(undecided(row), 0.005))
    first, *_ = advice(one, {}, {})
    assert "most of the variance comes from the test images, so more of them help more." in first


def test_advice_where_no_number_of_runs_decides(verdict):
    one = changed(verdict, "natural", lambda row: with_images(undecided(row), 0.02))
    said = advice(one, {}, {})
    assert said[0] == (
        "natural is undecided within 1 point, and no number of runs decides it for other images "
        "like these: the test images alone contribute ± 3.32. More test images would."
    )
    assert not any("GPU hour" in line for line in said)


def test_advice_on_pairs(verdict):
    one = changed(verdict, "natural", lambda row: replace(undecided(row), pairs=5, df=4.0))
    assert "Further runs of natural and unmodified come in pairs with the same seed." in advice(
        one, {}, {}
    )


def test_advice_on_twins_that_runs_share(verdict):
    said = advice(verdict, {"natural": Spread(True, 3, {"all": None})}, {})
    assert said[0] == (
        "5 runs of natural share 3 twins, and count as independent; they are with twins: 5."
    )
    assert not any(
        "twins" in line for line in advice(verdict, {"natural": Spread(True, 5, {})}, {})
    )


def test_an_aa_control_beyond_chance_is_told(verdict):
    one = changed(verdict, "aa_control", lambda row: replace(row, difference=0.02))
    assert advice(one, {}, {})[-1].endswith("more than these sources explain.")


def test_the_command_prints_the_table_and_writes_all_classes(finished, tmp_path, capsys):
    output = tmp_path / "shares.csv"
    assert main(["variance", str(finished), "--output", str(output)]) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert "Shares of the variance of the difference in mean AP" in said
    assert "not varied" in said
    table = pd.read_csv(output)
    assert len(table) == 4 * 9
    assert (
        table["share_variant_runs"] + table["share_reference_runs"]
    ).to_numpy() == pytest.approx(1)
    page = (finished / "report.html").read_text(encoding="utf-8")
    section = page[page.index('<section id="variance"') :]
    assert "All runs of natural share one drawing of the images" in section


def test_without_a_verdict_or_variance_it_is_one_line(finished, tmp_path, capsys):
    results = shutil.copytree(finished, tmp_path / "bare")
    (results / "tables/verdict.json").unlink()
    assert main(["variance", str(results)]) == 2
    assert "no tables/verdict.json; make it first" in capsys.readouterr().err
    single = write_results(tmp_path, {n: FIVE[n] for n in ("unmodified", "natural")}, seeds=1)
    assert main(["variance", str(single)]) == 2
    assert "no variance is known; this takes two runs of each variant" in capsys.readouterr().err
