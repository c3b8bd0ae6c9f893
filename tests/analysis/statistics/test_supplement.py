"""What stands beside the verdict: its numbers, words and files."""

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from run_equivalence.effects import effect_sizes
from run_equivalence.pairs import PairedRuns, deviation_of_differences
from run_equivalence.permutation import permutation_test, sign_flip_test
from run_equivalence.pooling import pooled_effects
from run_equivalence.table import read_table
from run_equivalence.verdicts import WithImages
from run_equivalence.welch import Difference, SampleStatistics
from scipy import stats

from tests.analysis.statistics.test_command import PAPER, judged, write_experiment
from tests.analysis.statistics.test_questions import asked, write_pairs
from tests.analysis.tables.written_runs import CLASSES, evaluation, written
from tests.commands import statistics as main
from tests.workflow import PROJECT
from workflow_scripts.analysis.statistics.sources import samples_of_summary
from workflow_scripts.analysis.statistics.supplement import supplement_of
from workflow_scripts.analysis.statistics.supplement_formats import with_text
from workflow_scripts.contracts.supplements import Supplement
from workflow_scripts.contracts.verdicts import ExperimentVerdict


def beside(folder, *arguments):
    judged(folder, *arguments)
    return Supplement.read(folder / "supplement.json")


def rows_of(found, variant=0):
    return {row.name: row for row in found.variants[variant].rows}


def values_in(paths, name):
    """APs of a class by variant, in the order of seeds."""
    found = {}
    for path in paths:
        content = json.loads(path.read_text())
        ap = content["coco"]["segm"]["per_class"][name]["AP"]
        found.setdefault(content["run"]["variant"], []).append(ap)
    return found


def test_the_numbers_are_those_of_the_runs(tmp_path):
    paths = write_pairs(tmp_path)
    found = beside(tmp_path / "tables", "--runs", *paths)
    samples = {}
    for name in CLASSES:
        values = values_in(paths, name)
        groups = SampleStatistics.of(values["natural"]), SampleStatistics.of(values["unmodified"])
        samples[name] = groups
        row = rows_of(found)[name]
        assert row.effects == effect_sizes(*groups, 0.05)
        pairs = PairedRuns(tuple(values["natural"]), tuple(values["unmodified"]))
        assert row.pairs.n == 6
        assert row.pairs.correlation == pairs.correlation(0.05)
        paired = stats.ttest_rel(values["natural"], values["unmodified"])
        assert row.pairs.p_different == pytest.approx(paired.pvalue)
        assert row.pairs.runs[0] < row.pairs.runs_independent[0]
        exact = permutation_test(values["natural"], values["unmodified"], (0.01, 0.02))
        assert (row.exact.test, row.exact.of_pairs) == (exact, False)
    pooled = pooled_effects(
        {name: groups[0] for name, groups in samples.items()},
        {name: groups[1] for name, groups in samples.items()},
        (0.01, 0.02),
        0.05,
    )
    # Of these samples alone, without the mean that tells their correlation.
    assert rows_of(found)["person"].pooled.mean == pytest.approx(pooled["person"].mean, abs=0.004)
    assert set(rows_of(found)) == {*CLASSES, "all"}


def test_paired_verdicts_have_exact_tests_of_pairs(tmp_path):
    paths = write_pairs(tmp_path, seeds=5)
    found = beside(tmp_path / "tables", "--runs", *paths, *asked(paired=True))
    values = values_in(paths, "car")
    differences = np.subtract(values["natural"], values["unmodified"])
    row = rows_of(found)["car"]
    assert (row.exact.test, row.exact.of_pairs) == (sign_flip_test(differences, (0.01, 0.02)), True)
    said = " ".join(found.variants[0].sentences)
    assert "Flipping signs of pairs allows no two-sided p value below 0.062" in said
    assert "at level 0.05 they cannot find a difference" in said
    assert "compares the runs as independent" not in said


def test_exact_tests_that_disagree_are_named(tmp_path):
    # One run far from the others: its deviation hides from t what the order of all runs shows.
    values = {"unmodified": (0.300, 0.301, 0.302, 0.303), "natural": (0.304, 0.305, 0.306, 0.36)}
    paths = written(
        tmp_path,
        *(
            evaluation(variant, seed, (ap, 0.2 + 0.001 * seed, 0.3 + 0.002 * (seed % 3)))
            for variant, aps in values.items()
            for seed, ap in enumerate(aps, start=1)
        ),
    )
    found = beside(tmp_path / "tables", "--runs", *paths)
    row = rows_of(found)["person"]
    assert row.exact.verdicts[0] == "different"
    said = " ".join(found.variants[0].sentences)
    assert (
        "disagree with the verdict on person within 1 point: different (verdict: inconclus" in said
    )
    assert "different at 1 point" in (tmp_path / "tables/supplement.md").read_text()


def test_a_printed_table_has_effects_and_pooling_only(tmp_path, capsys):
    found = beside(tmp_path, "--summary", PAPER)
    (of,) = found.variants
    assert [table.title for table in of.tables] == ["Sizes of the effect", "Partial pooling"]
    row = rows_of(found)["train"]
    assert (row.pairs, row.exact, row.pooled_with_images) == (None, None, None)
    assert row.effects.relative.value == pytest.approx(-0.015 / 0.329)
    assert row.pooled.within[0] > 0.95
    (sentence, _) = of.sentences
    assert sentence.startswith("Within 1 point the tests do not decide these classes;")
    assert sentence.endswith("A single harmed class would be overlooked.")
    table = pd.read_csv(tmp_path / "supplement.csv")
    assert len(table) == 18
    assert table.loc[table["class"] == "train", "pooled_mass"].iloc[0] == row.pooled.within[0]
    assert "Hedges' g" in (tmp_path / "supplement.md").read_text()
    assert r"\begin{table}" in (tmp_path / "supplement.tex").read_text()
    capsys.readouterr()
    assert main(["show", str(tmp_path / "supplement.json")]) == 0
    shown = capsys.readouterr().out
    assert "anonymized against unmodified: partial pooling" in shown
    assert "Nothing here changes the verdict." in shown


def test_non_inferiority_is_asked_of_everything(tmp_path):
    paths = write_pairs(tmp_path)
    found = beside(tmp_path / "tables", "--runs", *paths, *asked(question="non-inferiority"))
    row = rows_of(found)["person"]
    table = pd.read_csv(tmp_path / "tables/supplement.csv").query("`class` == 'person'").iloc[0]
    assert table["pooled_mass"] == row.pooled.above[0] >= row.pooled.within[0]
    assert table["exact_tost_p"] == row.exact.test.p_not_worse[0]
    assert "Loss below 1 point" in (tmp_path / "tables/supplement.md").read_text()


def test_controls_of_other_seeds_are_no_pairs(tmp_path):
    paths = write_experiment(tmp_path, unmodified=(0.3, 0.2, 0.4), again=(0.3, 0.2, 0.4))
    found = beside(tmp_path / "tables", "--runs", *paths, "--aa-controls", "again")
    assert all(row.pairs is None for row in rows_of(found).values())
    assert rows_of(found)["car"].exact is not None


def test_what_was_not_tested_stays_empty(tmp_path):
    paths = write_experiment(tmp_path, unmodified=(0.3, 0.2, None), natural=(0.3, 0.2, None))
    found = beside(tmp_path / "tables", "--runs", *paths)
    row = rows_of(found)["car"]
    assert (row.effects, row.pairs, row.exact, row.pooled) == (None,) * 4
    # Two classes are left, which have nothing to lean on.
    assert rows_of(found)["person"].pooled is None
    assert "| Car" in (tmp_path / "tables/supplement.md").read_text()


def test_where_runs_are_paired_those_without_a_partner_count_in_no_number(tmp_path):
    lost = (("natural", 1), ("unmodified", 2), ("unmodified", 3))
    paths = write_pairs(tmp_path, lost=lost, offset=0.001)
    kept = [path for path in paths if path.parent.name in {"seed~4", "seed~5", "seed~6"}]
    assert len(kept) == 6
    found = beside(tmp_path / "all", "--runs", *paths, *asked(paired=True))
    alone = beside(tmp_path / "kept", "--runs", *kept, *asked(paired=True))
    for name, row in rows_of(found).items():
        assert row.pairs.n == 3
        assert row == rows_of(alone)[name]
        assert row.effects.relative.value * row.pairs.difference > 0
    # Of independent runs, all count.
    assert rows_of(beside(tmp_path / "all", "--runs", *paths)) != rows_of(found)


def test_what_could_not_be_tested_has_nothing_beside_it(tmp_path, capsys):
    path = tmp_path / "table.csv"
    rows = [f"{name},{of},0.3,,5" for name in ("bus", "all") for of in ("unmodified", "blur")]
    path.write_text("\n".join(["class,variant,mean,std,n", *rows]))
    beside(tmp_path / "tables", "--summary", path)
    capsys.readouterr()
    assert main(["show", str(tmp_path / "tables/supplement.json")]) == 0
    assert capsys.readouterr().out == ("No additional analyses: no difference could be tested.\n")


def test_many_runs_have_no_exact_test(tmp_path):
    paths = write_pairs(tmp_path, seeds=11)
    found = beside(tmp_path / "tables", "--runs", *paths)
    assert all(row.exact is None for row in rows_of(found).values())
    assert "P values of t tests" not in (tmp_path / "tables/supplement.md").read_text()


def test_the_documented_table_is_that_of_the_commands(tmp_path):
    """docs/verdict.md, "Other questions", cell by cell."""
    text = (PROJECT / "docs/verdict.md").read_text()
    lines = text[text.index("**Other questions.**") :].splitlines()
    rows = [line.strip("| ").split(" | ") for line in lines if line.startswith("| ")]
    documented = {row[0]: row[1:] for row in rows[1:] if row[0] != "---"}
    questions = judged(tmp_path, "--summary", PAPER, *asked(question="non-inferiority"))
    verdicts = {row["name"]: row["margins"] for row in questions["variants"][0]["rows"]}
    (of,) = beside(tmp_path, "--summary", PAPER).variants
    effects, pooling = ({row[0].lower(): row[1:] for row in table.rows} for table in of.tables)
    for name, margins in verdicts.items():
        title = "all (mAP)" if name == "all" else name
        key = "all classes (map)" if name == "all" else name
        changed = [
            at["verdict"] + (" †" if at["verdict_holm"] not in (None, at["verdict"]) else "")
            for at in margins
        ]
        assert documented[title] == [*changed, *effects[key][1:], pooling[key][2]]


@pytest.mark.parametrize(
    ("correlation", "decided"), [(0.0, {"rider"}), (0.8, {"rider", "motorcycle"})]
)
def test_what_pairs_could_decide_in_the_whitepaper_table(correlation, decided):
    """docs/verdict.md, within 1 point: of the classes with a deviation above 0.4 points."""
    tables = read_table(PAPER)
    found = set()
    for name in ("rider", "truck", "bus", "train", "motorcycle"):
        variant, reference = tables["anonymized"][name], tables["unmodified"][name]
        spread = deviation_of_differences(variant.std, reference.std, correlation)
        differences = SampleStatistics(variant.mean - reference.mean, spread, 5)
        if Difference.of_pairs(differences).p_equivalent(0.01) < 0.05:
            found.add(name)
    assert found == decided


def test_other_test_images_widen_the_posterior(tmp_path):
    judged(tmp_path, "--summary", PAPER)
    verdict = ExperimentVerdict.read(tmp_path / "verdict.json")
    (of,) = verdict.variants
    images = WithImages(
        error=0.02, low=-0.05, high=0.05, df=9.0, welch_p=1.0, groups=40.0, margins=()
    )
    rows = tuple(replace(row, with_images=images) for row in of.rows)
    resampled = verdict.model_copy(update={"variants": (of.model_copy(update={"rows": rows}),)})
    samples = samples_of_summary(PAPER)
    (alone,), (both,) = (supplement_of(one, samples, None).variants for one in (verdict, resampled))
    assert all(row.pooled_with_images is None for row in alone.rows)
    for row in both.rows:
        narrow, wide = row.pooled, row.pooled_with_images
        assert wide.high - wide.low > narrow.high - narrow.low
        assert wide.within[0] < narrow.within[0]
    text = with_text(supplement_of(resampled, samples, None), resampled)
    assert "Within 1 point, other images" in text.variants[0].tables[-1].columns


@pytest.mark.parametrize("constant", [0.0, 0.25])
@pytest.mark.parametrize("of_variant", [True, False])
def test_a_class_whose_runs_are_all_equal_in_one_variant(tmp_path, constant, of_variant):
    """A model that finds nothing of a class, in any run, is beside one that does."""
    varied = {"unmodified": (0.31, 0.28, 0.3), "deep_natural": (0.3, 0.29, 0.33)}
    equal = "deep_natural" if of_variant else "unmodified"
    paths = written(
        tmp_path,
        *(
            evaluation(
                name, seed, [constant if name == equal else values[seed - 1], 0.2 * seed, 0.4]
            )
            for name, values in varied.items()
            for seed in (1, 2, 3)
        ),
    )
    found = beside(tmp_path / "tables", "--runs", *paths)
    effects = rows_of(found)["person"].effects
    if of_variant:
        mean = np.mean(varied["unmodified"])
        assert effects.relative.value == pytest.approx(constant / mean - 1)
        assert (effects.relative.low == effects.relative.high) is (constant == 0)
        assert effects.better.value < 0.5
    else:
        assert (effects.relative is None) is (constant == 0)
        assert effects.better.value > 0.5
    assert np.isfinite(effects.hedges_g.value)
