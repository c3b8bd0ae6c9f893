"""Attacks on a variant that leaves out images: what is attacked, and what is said of the rest."""

import json

import pytest
from identity_attacks.rates import Rate, Success
from identity_attacks.verdicts import judge

from tests.anonymization.anonymizing import run as anonymization
from tests.privacy.privacy_case import blacked_out, dropping, make_data, run
from workflow_scripts.contracts.attacks import NOTHING_LEFT, AttackRun, JudgedAttack
from workflow_scripts.contracts.manifest import read_manifest
from workflow_scripts.contracts.regions import Kind
from workflow_scripts.privacy.attack import RETRIEVAL
from workflow_scripts.privacy.judging import broken


def attacked(data, folder) -> dict:
    """The regions that are attacked, by kind; no attack runs."""
    given = {
        "settings": '{"attacks": []}',
        "annotations": data / "train.coco.json",
        "images": data / "in",
        "regions": [data / "0.parquet", data / "1.parquet"],
    }
    pictures, output = data / "pictures", data / "success.json"
    if not pictures.exists():
        assert run("pictures", {**given, "output": pictures}) == 0
    more = {"variant": "v", "anonymized": folder, "pictures": pictures, "output": output}
    assert run("attack", {**given, **more}) == 0
    return json.loads(output.read_text())["regions"]


def test_the_sample_is_that_of_all_images_and_what_is_dropped_is_counted(tmp_path):
    data = make_data(tmp_path)
    every = attacked(data, blacked_out(data))
    assert every["face"]["attacked"] == 3
    assert every["face"]["dropped"] == 0
    found = attacked(data, dropping(data, "a.png"))
    assert found["face"] == {**every["face"], "dropped": 2}
    assert found["license_plate"] == every["license_plate"]


def test_an_attackers_own_pictures_are_not_left_out(tmp_path):
    """They are treated as what is kept: not at all."""
    data = make_data(tmp_path)
    attacked(data, blacked_out(data))
    pictures = data / "pictures"
    for more in ({}, {"at_random": True}):
        output = tmp_path / f"treated {len(more)}"
        code = anonymization(
            "apply",
            settings=json.dumps({"method": "drop", **more}),
            variant="v",
            regions=pictures / "regions.parquet",
            annotations=pictures / "pictures.coco.json",
            images=pictures,
            output=output,
        )
        assert code == 0
        entries = read_manifest(output / "manifest.parquet")
        assert len(entries) == 4
        assert not any(entry.dropped or entry.changes for entry in entries)


@pytest.mark.parametrize(("reason", "kept"), [(NOTHING_LEFT, True), ("dlib is missing", False)])
def test_a_limit_is_kept_where_nothing_is_left_to_attack(reason, kept):
    before = Success(
        rates={"rank_1": Rate(value=0.9, low=0.8, high=1, chance=0.1, n=50, independent=50)}
    )
    said = {"title": "recognition", "kind": Kind.FACE, "question": "name somebody"}
    said["measures"] = RETRIEVAL
    one = JudgedAttack(
        variant="drop", run=AttackRun(**said, reason=reason), originals=before, judgement=None
    )
    assert (broken([one], {"rank_1": 0.02}) == []) is kept
    assert broken([one], {"read_whole": 0}) == [
        "drop: read whole was not measured, so its limit of 0 % is not shown to be kept"
    ]
    ran = AttackRun(**said, success=before)
    judged = judge(before, before, margin=0.01)
    leak = JudgedAttack(variant="drop", run=ran, originals=before, judgement=judged)
    assert len(broken([leak], {"rank_1": 0.02})) == 1
