"""Which jobs a new or changed variant schedules."""

import sys

import pytest
from plain_commands.files import sha256_of

from tests.dag.conftest import (
    ATTACKED,
    IMAGES,
    OF_A_VARIANT,
    OF_BOTH,
    ONE_AUDIT,
    SEEDS,
    jobs_of_checked_runs,
)
from tests.workflow import Workflow


def test_one_variant_more_runs_that_variant_only(done):
    done.config["variants"]["black"] = {"method": "blackbox"}
    assert done.plan() == {**IMAGES, **ONE_AUDIT, **ATTACKED, **OF_A_VARIANT}


@pytest.mark.parametrize(
    ("key", "value"),
    [("seed", 1), ("large", "natural"), ("large_above", 40), ("identity", "track")],
)
def test_another_setting_of_natural_makes_that_variant_again(done, key, value):
    done.config["variants"]["anonymized"][key] = value
    assert done.plan() == {**IMAGES, **ONE_AUDIT, **ATTACKED, **OF_A_VARIANT}


@pytest.mark.slow
def test_an_aa_control_and_a_command_are_made_anew_when_they_change(done, tmp_path):
    script = tmp_path / "their.py"
    script.write_text(
        "import shutil, sys; shutil.copytree(sys.argv[1], sys.argv[2], dirs_exist_ok=True)"
    )
    control = {"method": "unmodified", "seed_offset": 1000}
    theirs = {
        "method": "command",
        "command": f"{sys.executable} '{script}' {{input}} {{output}} '{{}}'",
        "version": "1",
        "all_images": True,
    }
    done.config["variants"] |= {"aa_control": control, "theirs": theirs}
    assert done.plan() == {**IMAGES, **ONE_AUDIT, "audit": 2, **ATTACKED, **OF_BOTH}
    done.run()
    assert done.plan() == {}
    control["seed_offset"] = 2000
    assert done.plan() == jobs_of_checked_runs(SEEDS)
    control["seed_offset"] = 1000
    theirs["version"] = "2"
    assert done.plan() == IMAGES | ONE_AUDIT | ATTACKED | OF_A_VARIANT


@pytest.mark.slow
def test_a_drop_and_its_control_are_variants_like_others(done):
    control = {"method": "drop", "min_width": 9, "at_random": True}
    done.config["variants"] |= {"drop": {"method": "drop", "min_width": 9}, "control": control}
    two = dict.fromkeys((*IMAGES, "audit", *ATTACKED), 2)
    assert done.plan() == {**ONE_AUDIT, **two, **OF_BOTH}
    done.run()
    assert done.plan() == {}
    control["seed"] = 1
    assert done.plan() == {**IMAGES, **ONE_AUDIT, **ATTACKED, **OF_A_VARIANT}
    control["min_width"] = 8
    refused = done.dry_run()
    assert refused.returncode != 0
    assert "variants.control: it is the control for a variant of method drop" in refused.stdout


def test_donors_of_faces_concern_their_variant_alone(done):
    source = done.folder / "donors.npz"
    source.write_text("faces")
    file = {"source": str(source), "sha256": sha256_of("faces"), "licence": "ours"}
    done.config["variants"]["blur"] = {"method": "natural", "donors": file}
    fetched = {"fetch_weights": 1, "record_weights": 1}
    assert done.plan() == {**fetched, **IMAGES, **ONE_AUDIT, **ATTACKED, **OF_A_VARIANT}


def test_the_origin_of_donors_is_recorded_without_training(tmp_path, cityscapes, stand_in):
    source = tmp_path / "donors.npz"
    source.write_text("faces")
    file = {"source": str(source), "sha256": sha256_of("faces"), "licence": "ours"}
    config = {
        "experiment": "photos",
        "dataset": {"kind": "images", "root": str(cityscapes)},
        "variants": {"natural": {"method": "natural", "donors": file}},
    }
    plan = Workflow(tmp_path / "work", config, environment=stand_in).plan()
    assert plan["fetch_weights"] == plan["record_weights"] == 1
