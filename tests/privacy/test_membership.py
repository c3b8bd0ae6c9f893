"""`privacy table` on the losses of runs: what they betray of the images they were trained on."""

import json
import re
from pathlib import Path

import numpy as np
import pytest

from tests.privacy.privacy_case import run
from tests.written_results import audit_of
from workflow_scripts.contracts.memberships import MembershipLosses

METHODS = {
    "natural": {"method": "natural"},
    "random": {"method": "drop", "min_width": 9, "at_random": True},
}


def write_losses(folder: Path, variant: str, seed: int, **groups) -> Path:
    """Losses of a run; those not given are as of images that it has not seen."""
    random = np.random.default_rng(seed)
    given = {"trained": 300, "left_out": 0, "validation": 500}
    losses = {
        name: tuple(random.normal(groups.get(f"{name}_mean", 1.0), 0.2, groups.get(name, number)))
        for name, number in given.items()
    }
    path = folder / f"membership/{variant}/seed~{seed}.json"
    MembershipLosses(variant=variant, seed=seed, **losses).write(path)
    return path


def table_of(folder: Path, *losses: Path) -> int:
    audits = []
    for variant in METHODS:
        audits.append(folder / f"{variant}.json")
        audits[-1].write_text(json.dumps(audit_of(variant, False)))
    given = {"audits": audits, "membership": list(losses), "variants": json.dumps(METHODS)}
    return run("table", {**given, "output": folder / "tables", "page": folder / "privacy.md"})


def test_the_run_that_betrays_most_stands_for_its_variant(tmp_path):
    files = [
        write_losses(tmp_path, "natural", 1),
        write_losses(tmp_path, "natural", 2, trained_mean=0.8),
    ]
    assert table_of(tmp_path, *files) == 0
    tables = json.loads((tmp_path / "tables/privacy.json").read_text())
    (said,) = tables["membership"]
    assert re.match(
        r"natural, membership: its training images are separated from validation images by their "
        r"loss with an AUC of 0\.7\d\d \(0\.7\d\d to 0\.\d{3}\), chance 0\.5, in the worst of 2 "
        r"runs\. Part of this may be a difference between training and validation images; a "
        r"variant of method drop with at_random: true would show how much$",
        said,
    )
    page = re.sub(" +", " ", (tmp_path / "privacy.md").read_text())
    assert "## Membership" in page
    assert "| natural | 2 | trained | validation images | 0.7" in page
    assert re.search(r"\| Inference \|.*\| membership \| see Membership", page)
    rows = (tmp_path / "tables/privacy.csv").read_text().splitlines()
    name = "natural,image,all,membership:seed 1:trained from validation images:auc,0."
    assert len([row for row in rows if row.startswith(name)]) == 1


def test_images_left_out_at_random_are_the_comparison_and_the_control(tmp_path):
    """Here validation images are harder, which is no membership."""
    harder = {"validation_mean": 1.1}
    files = [
        write_losses(tmp_path, "natural", 1, **harder),
        write_losses(tmp_path, "random", 1, left_out=400, **harder),
    ]
    assert table_of(tmp_path, *files) == 0
    tables = json.loads((tmp_path / "tables/privacy.json").read_text())
    natural, random = tables["membership"]
    assert "A model that has seen neither (random, seed 1) separates training from " in natural
    assert "its training images are separated from images left out at random by" in random
    (table,) = (one for one in tables["layouts"] if one["title"] == "Membership")
    auc = {tuple(row[:4]): float(row[4].split()[0]) for row in table["rows"]}
    assert auc["natural", "1", "trained", "validation images"] == pytest.approx(0.64, abs=0.05)
    assert auc["random", "1", "unseen", "validation images"] == pytest.approx(0.64, abs=0.05)
    left_out = auc["random", "1", "trained", "images left out at random"]
    assert left_out == pytest.approx(0.5, abs=0.05)


def test_without_losses_nothing_is_said(tmp_path):
    assert table_of(tmp_path) == 0
    assert "embership" not in (tmp_path / "tables/privacy.md").read_text()
    page = re.sub(" +", " ", (tmp_path / "privacy.md").read_text())
    assert re.search(r"\| Inference \|.*\| not measured \| not measured \|", page)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ({"trained": 1}, "natural, seed 1: 1 trained images and 500 validation images with an obj"),
        ({"validation": 0}, "natural, seed 1: 300 trained images and 0 validation images with an"),
    ],
)
def test_too_few_images_are_one_line(tmp_path, capsys, content, message):
    assert table_of(tmp_path, write_losses(tmp_path, "natural", 1, **content)) == 2
    assert message in capsys.readouterr().err


def test_a_loss_that_is_no_number_is_one_line(tmp_path, capsys):
    path = write_losses(tmp_path, "natural", 1)
    path.write_text(json.dumps(json.loads(path.read_text()) | {"trained": ["much"]}))
    assert table_of(tmp_path, path) == 2
    assert "seed~1.json: trained.0: " in capsys.readouterr().err
