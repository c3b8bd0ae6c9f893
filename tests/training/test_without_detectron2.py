"""Messages without detectron2, and what is read of it without importing it."""

import importlib.util

import pytest
from plain_commands.errors import UserError

from tests.commands import training as main
from tests.training.test_command import train
from workflow_scripts.training.engines.detectron2 import Detectron2Training, installation

SETTINGS = Detectron2Training(engine="detectron2")


@pytest.fixture
def nowhere(monkeypatch):
    """No detectron2, as far as one can find."""
    monkeypatch.setattr(installation, "is_installed", lambda: False)
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)


@pytest.mark.skipif(installation.is_installed(), reason="detectron2 is installed")
def test_the_commands_say_what_to_install(job, capfd):
    settings = SETTINGS.model_dump_json()
    assert main(["check", "--settings", settings]) == 2
    said = capfd.readouterr().err
    assert "detectron2 cannot be imported by this Python" in said
    assert "envs/detectron2.yaml" in said
    assert train(job.__class__(**{**vars(job), "settings": SETTINGS})) == 2
    assert "detectron2 cannot be imported by this Python" in capfd.readouterr().err


def test_without_detectron2_nothing_is_checked_early(nowhere):
    SETTINGS.model_copy(update={"options": {"NO.SUCH.OPTION": 1}}).check_early()


def test_options_are_checked_where_its_files_are(tmp_path, monkeypatch):
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "defaults.py").write_text(
        '_C = CN()\n_C.SOLVER = CN()\n_C.SOLVER.BASE_LR = 0.1\n_C.SOLVER.AMP = CN({"ENABLED": 0})\n'
    )
    zoo = tmp_path / "model_zoo" / "configs" / "Cityscapes"
    zoo.mkdir(parents=True)
    (zoo / "mask_rcnn_R_50_FPN.yaml").touch()
    installation.option_keys.cache_clear()
    monkeypatch.setattr(installation, "package_folder", lambda: tmp_path)
    monkeypatch.setattr(installation, "is_installed", lambda: True)
    SETTINGS.model_copy(update={"options": {"SOLVER.BASE_LR": 1}}).check_early()
    with pytest.raises(UserError, match=r"no option SOLVER.BASELR; did you mean SOLVER.BASE_LR"):
        SETTINGS.model_copy(update={"options": {"SOLVER.BASELR": 1}}).check_early()
    with pytest.raises(UserError, match=r"did you mean Cityscapes/mask_rcnn_R_50_FPN.yaml"):
        SETTINGS.model_copy(update={"config": "Cityscapes/mask_rcnn_R50.yaml"}).check_early()
    installation.option_keys.cache_clear()


def test_a_config_file_brings_those_that_it_extends(tmp_path):
    (tmp_path / "a.yaml").write_text('_BASE_: "b.yaml"  # ours\nSOLVER: {}\n')
    (tmp_path / "b.yaml").write_text("SOLVER: {}\n")
    found = installation.files_of_config(str(tmp_path / "a.yaml"))
    assert found == [tmp_path / "a.yaml", tmp_path / "b.yaml"]
    assert installation.files_of_config("Cityscapes/mask_rcnn_R_50_FPN.yaml") == []
