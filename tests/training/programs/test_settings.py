"""Engine `command`: its settings, the files that it depends on, and what it is handed."""

import sys
from pathlib import Path

import pytest
from PIL import Image
from plain_commands.errors import UserError
from plain_commands.section import validate

from tests.small_experiment import small_config
from workflow_scripts.config.experiment import read_experiment
from workflow_scripts.contracts.coco import CocoImage, CocoSplit
from workflow_scripts.imaging.images import read_image, sha256_of
from workflow_scripts.training.engines.command import CommandTraining
from workflow_scripts.training.programs.handover import Handover
from workflow_scripts.training.programs.parts import digests_of, packages_in
from workflow_scripts.training.settings import Training

TRAIN = "python train.py {images} {annotations} {seed} {output}"
PREDICT = "python predict.py {model} {images} {annotations} {output}"


def command(**changes: object) -> dict[str, object]:
    """The section `training`, with changes."""
    return {"engine": "command", "train": TRAIN, "predict": PREDICT, **changes}


@pytest.mark.parametrize(
    ("changes", "finding"),
    [
        ({"train": "python t.py {images} {annotations} {seed}"}, r"train: \{output\} is missing"),
        ({"train": TRAIN.replace("{seed}", "1")}, r"train: \{seed\} is missing"),
        ({"train": f"{TRAIN} {{model}}"}, r"train: \{model\} is not one of \{images\}"),
        ({"train": ""}, "train: empty; name a program"),
        ({"predict": TRAIN}, r"predict: \{seed\} is not one of"),
        ({"predict": PREDICT.replace("{output}", "")}, r"predict: \{output\} is missing"),
        ({"speed": "fast"}, "speed: fast has no effect with engine command"),
        ({"initialisation_seeds": 2}, r"`train` lacks \{initialisation_seed\}; the program needs"),
        ({"iterations": 9}, "iterations"),
    ],
)
def test_settings_that_cannot_work_are_refused(changes, finding):
    with pytest.raises(UserError, match=finding):
        validate(Training, command(**changes), "test")


def test_a_program_that_is_told_both_seeds_may_share_initialisations():
    train = f"{TRAIN} {{initialisation_seed}}"
    settings = CommandTraining(**command(train=train, initialisation_seeds=2))
    assert settings.initialisation_seeds == 2
    assert "initialisation_seeds" not in settings.model_dump()


@pytest.mark.parametrize(
    ("changes", "finding"),
    [
        ({"predict": None}, r"training\.predict: missing; name the program"),
        (
            {"train": TRAIN.replace("train", "trian")},
            r"training\.train: there is no file .*/tria",
        ),
        (
            {"predict": PREDICT.replace("python predict", "env A=1 /usr/bin/python3 net/predict")},
            r"training\.predict: there is no file .*/net/predict\.py; correct the command, or na",
        ),
        ({"directory": "/nowhere"}, r"training\.directory: there is no folder /nowhere"),
        ({"files": ["/nowhere/*.py"]}, r"training\.files: /nowhere/\*\.py matches no file"),
        ({"environment": "/nowhere"}, "there is no /nowhere/bin/python; name the folder of a"),
        ({"environment": "/nowhere.yaml"}, r"/nowhere\.yaml: no such file"),
    ],
)
def test_what_is_missing_is_found_while_jobs_are_planned(changes, finding, tmp_path):
    for name in ("train.py", "predict.py"):
        (tmp_path / name).touch()
    with pytest.raises(UserError, match=finding):
        CommandTraining(**command(**{"directory": tmp_path, **changes})).check_early()


@pytest.mark.parametrize(
    ("changes", "finding"),
    [
        ({"privacy": {"membership": {}}}, "privacy.membership: it needs the losses"),
        ({"evaluation": {"every": 100}}, "evaluation.every: it has no effect with engine command"),
        ({"evaluation": {"shorter_side": 99}}, "evaluation.shorter_side: it has no effect"),
    ],
)
def test_what_a_program_cannot_do_is_refused(changes, finding):
    config = small_config() | {"training": command(), "evaluation": {}} | changes
    with pytest.raises(UserError, match=finding):
        read_experiment(config, "test")


def test_files_in_the_commands_count_and_comments_do_not(tmp_path):
    (tmp_path / "train.py").write_text("print(1)\n")
    (tmp_path / "predict.py").write_text("print(2)\n")
    (tmp_path / "model").mkdir()
    (tmp_path / "model/net.py").write_text("WIDTH = 3\n")
    (tmp_path / "README.md").write_text("About it.\n")
    settings = CommandTraining(**command(directory=tmp_path, files=["model/**/*.py"]))
    before = settings.further_dependencies(), settings.prediction_dependencies()
    assert len(before[0]["files"]) == 2

    (tmp_path / "README.md").write_text("More about it.\n")
    (tmp_path / "train.py").write_text("# A comment.\nprint(1)\n")
    assert (settings.further_dependencies(), settings.prediction_dependencies()) == before
    (tmp_path / "predict.py").write_text("print(3)\n")
    assert settings.further_dependencies() == before[0]
    assert settings.prediction_dependencies() != before[1]
    (tmp_path / "model/net.py").write_text("WIDTH = 4\n")
    assert settings.further_dependencies() != before[0]


def test_a_script_counts_and_an_interpreter_does_not(tmp_path):
    script = tmp_path / "train.sh"
    script.write_text("#!/bin/sh\n")
    rest = "{images} {annotations} {seed} {output}"
    settings = CommandTraining(**command(train=f"{script} {rest}"))
    assert settings.further_dependencies()["files"] == digests_of([script])
    settings = CommandTraining(**command(train=f"{sys.executable} {rest}"))
    assert settings.further_dependencies()["files"] == []


def test_a_python_file_of_another_version_counts_as_it_is(tmp_path):
    file = tmp_path / "train.py"
    file.write_text("print 1\n")
    before = digests_of([file])
    file.write_text("print 1  # one\n")
    assert digests_of([file]) != before


def test_packages_of_an_environment_are_read_from_its_folder(tmp_path):
    place = tmp_path / "lib/python3.12/site-packages"
    for name in ("torch-2.9.1+cpu", "Pillow_x-1.0", "pip-25.0"):
        (place / f"{name}.dist-info").mkdir(parents=True)
    assert packages_in(tmp_path) == {"pillow-x": "1.0", "python": "3.12", "torch": "2.9.1+cpu"}


def test_a_photograph_that_viewers_turn_is_handed_over_upright(tmp_path, caplog):
    caplog.set_level("INFO", logger="plain_commands")
    colours = Image.new("RGB", (40, 24), (200, 30, 30))
    exif = Image.Exif()
    exif[0x0112] = 6
    (tmp_path / "in").mkdir()
    colours.save(tmp_path / "in/turned.jpg", exif=exif)
    colours.save(tmp_path / "in/plain.jpg")
    sizes = {"turned.jpg": (24, 40), "plain.jpg": (40, 24)}
    images = tuple(
        CocoImage(number, name, *size, sha256_of((tmp_path / "in" / name).read_bytes()), None, True)
        for number, (name, size) in enumerate(sizes.items(), start=1)
    )
    handover = Handover(tmp_path / "out")
    split = CocoSplit(("thing",), images, ())
    handover.fill(split, images, tmp_path / "in", labels=True)
    assert "1 of 2 images have an EXIF orientation" in caplog.text
    assert (handover.images / "plain.jpg").readlink() == Path(tmp_path / "in/plain.jpg")
    assert not (handover.images / "turned.jpg").is_symlink()
    assert read_image(handover.images / "turned.jpg").shape == (40, 24, 3)
    assert handover.classes.read_text() == "thing\n"
