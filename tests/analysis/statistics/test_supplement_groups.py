"""Rows of the supplement beyond classes: groups of objects, boxes of mask models, calibration."""

import json

import pytest

from tests.analysis.statistics.test_questions import asked, write_pairs
from tests.analysis.statistics.test_supplement import beside
from tests.analysis.tables.written_runs import CLASSES
from workflow_scripts.contracts.verdicts import ExperimentVerdict


def with_groups(paths):
    """The runs, with APs by size and by exposure that are twice, thrice, … that of each class."""
    for path in paths:
        content = json.loads(path.read_text())
        scores = content["coco"]["segm"]["per_class"]
        for place, one in enumerate(scores.values()):
            one |= {"APs": None if place else one["AP"] / 2, "APm": one["AP"] / 4, "APl": one["AP"]}
        mean = content["coco"]["segm"]["mAP"]
        group = {"AP50": mean, "instances": 7}
        means = {"none": mean, "little": mean / 2, "much": None, "face": mean / 3}
        exposed = {name: {"AP": ap, **group} for name, ap in means.items()}
        content["exposed"] = {"much_from": 0.03, "mean": exposed, "per_class": {}}
        path.write_text(json.dumps(content))


@pytest.mark.parametrize("family", ["variant", "experiment"])
def test_groups_of_objects_are_judged_like_classes(tmp_path, family):
    paths = write_pairs(tmp_path)
    with_groups(paths)
    found = beside(tmp_path / "tables", "--runs", *paths, *asked(family=family))
    groups = {row.name: row for row in found.variants[0].groups}
    sizes = ["small objects", "medium objects", "large objects"]
    assert [*groups] == [*sizes, "exposed pixels: none", "exposed pixels: little"]
    verdict = ExperimentVerdict.read(tmp_path / "tables/verdict.json")
    rows = {row.name: row for row in verdict.variants[0].rows}
    first = next(iter(CLASSES))  # the only class with small objects
    assert groups["small objects"].difference == pytest.approx(rows[first].difference / 2)
    assert groups["small objects"].welch_p == pytest.approx(rows[first].welch_p)
    assert groups["medium objects"].difference == pytest.approx(rows["all"].difference / 4)
    whole = groups["exposed pixels: none"]
    assert (whole.difference, whole.low, whole.high) == pytest.approx(
        (rows["all"].difference, rows["all"].low, rows["all"].high)
    )
    assert [at.verdict for at in whole.margins] == [at.verdict for at in rows["all"].margins]
    (table,) = (table for table in found.variants[0].tables if table.title == "Groups of objects")
    assert (table.columns[0], len(table.rows)) == ("Objects", 5)
    assert table.rows[0][0] == "Small objects"


def test_boxes_of_mask_models_are_judged_by_themselves(tmp_path):
    paths = write_pairs(tmp_path)
    for path in paths:
        content = json.loads(path.read_text())
        if content["run"]["variant"] == "natural":
            boxes = content["coco"]["bbox"]
            boxes["mAP"] -= 0.05
            for one in boxes["per_class"].values():
                one["AP"] -= 0.05
        path.write_text(json.dumps(content))
    found = beside(tmp_path / "tables", "--runs", *paths)
    verdict = ExperimentVerdict.read(tmp_path / "tables/verdict.json")
    masks = {row.name: row for row in verdict.variants[0].rows}
    boxes = {row.name: row for row in found.variants[0].boxes}
    assert [*boxes] == [*masks] == [*CLASSES, "all"]
    for name, row in boxes.items():
        assert row.difference == pytest.approx(masks[name].difference - 0.05)
        assert row.reference.mean == pytest.approx(masks[name].reference.mean + 0.1)
    assert [at.verdict for at in boxes["all"].margins] == ["different", "different"]
    assert "### Boxes of the same models" in (tmp_path / "tables/supplement.md").read_text()

    # Where models learned boxes alone, the verdict itself is about these.
    for path in paths:
        content = json.loads(path.read_text())
        del content["coco"]["segm"]
        path.write_text(json.dumps(content))
    found = beside(tmp_path / "tables", "--runs", *paths)
    assert found.variants[0].boxes == ()
    rows = ExperimentVerdict.read(tmp_path / "tables/verdict.json").variants[0].rows
    assert rows == tuple(boxes.values())


def with_calibration(paths, worse):
    """The runs with a calibration error of each class, larger by `worse` in the variant."""
    for path in paths:
        content = json.loads(path.read_text())
        run = content["run"]
        error = 0.1 + 0.001 * (run["seed"] % 3) + worse * (run["variant"] != "unmodified")
        per_class = {name: {"error": error, "predictions": 9} for name in CLASSES}
        per_class["car"] = {"error": None, "predictions": 0}
        content["calibration"] = {
            "iou": 0.5,
            "bins": 15,
            "mean_error": error,
            "per_class": per_class,
        }
        path.write_text(json.dumps(content))


@pytest.mark.parametrize(
    ("question", "worse", "expected"),
    [
        ("equivalence", 0.0, "equivalent"),
        ("equivalence", 0.03, "different"),
        ("equivalence", -0.03, "different"),
        ("non-inferiority", 0.03, "worse"),
        ("non-inferiority", -0.03, "better"),
    ],
)
def test_a_larger_calibration_error_is_a_loss(tmp_path, question, worse, expected):
    paths = write_pairs(tmp_path)
    with_calibration(paths, worse)
    found = beside(tmp_path / "tables", "--runs", *paths, *asked(question=question))
    rows = {row.name: row for row in found.variants[0].calibration}
    assert rows["all"].difference == pytest.approx(-worse)
    assert [at.verdict for at in rows["all"].margins] == [expected] * 2
    assert rows["car"].difference is None
    assert [at.verdict for at in rows["car"].margins] == ["not testable"] * 2
    table = found.variants[0].tables[-1]
    assert table.title == "Calibration: 1 minus the error"
    assert table.columns[:4] == ("Class", "unmodified", "natural", "Difference")
    assert table.rows[-1][:2] == ("Mean over the classes", "0.899 ± 0.001")
    assert table.rows[-2][:3] == ("Car", "–", "–")


def test_the_mean_calibration_is_over_the_classes_of_which_all_runs_have_predictions(tmp_path):
    """Nothing but the class that one run does not find is badly calibrated; a run finds nothing."""
    paths = write_pairs(tmp_path)
    with_calibration(paths, 0.0)
    first, *_, last = [path for path in paths if "natural" in path.read_text()]
    for path in paths:
        content = json.loads(path.read_text())
        per_class = content["calibration"]["per_class"]
        missed = {first: CLASSES[:1], last: CLASSES}.get(path, ())
        per_class[CLASSES[0]]["error"] = 0.6
        for name in missed:
            per_class[name] = {"error": None, "predictions": 0}
        path.write_text(json.dumps(content))
    found = beside(tmp_path / "tables", "--runs", *paths)
    rows = {row.name: row for row in found.variants[0].calibration}
    assert rows["all"].reference.mean == pytest.approx(0.899)
    assert rows["all"].variant.mean == pytest.approx(0.899, abs=0.001)
    sides = [row[1:3] for row in found.variants[0].tables[-1].rows]
    runs = rows["all"].reference.n
    assert sides[-1][0] == "0.899 ± 0.001"
    assert sides[-1][1].endswith(f" (n={runs - 1})")
    assert sides[0] == ("0.400 ± 0.000", f"0.400 ± 0.000 (n={runs - 2})")


def test_tables_that_no_difference_could_be_tested_for_are_explained(tmp_path):
    """A run of each variant: its boxes, groups and calibration have tables nevertheless."""
    paths = write_pairs(tmp_path, seeds=1)
    with_calibration(paths, 0.0)
    found = beside(tmp_path / "tables", "--runs", *paths)
    assert any(table.title.startswith("Calibration") for table in found.variants[0].tables)
    assert "No additional analyses" not in found.caption
    assert "Sizes of the effect" not in found.caption
    assert "D-ECE" in found.caption
