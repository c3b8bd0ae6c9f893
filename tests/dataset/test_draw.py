"""The workflow's command that draws the embedded data set."""

import json
from pathlib import Path

import pytest

from tests.commands import draw as main

SETTINGS = {"kind": "synthetic", "width": 128, "height": 64, "images": {"train": 2, "val": 1}}


def test_scenes_are_drawn_as_the_settings_say(tmp_path: Path):
    root = tmp_path / "drawn"
    assert main(["--settings", json.dumps(SETTINGS), "--output", str(root), "--workers", "1"]) == 0
    settings = json.loads((root / "dataset.json").read_text())["settings"]
    assert settings == {"seed": 0, "width": 128, "height": 64, "images": {"train": 2, "val": 1}}
    assert len(list(root.glob("leftImg8bit/*/*/*.png"))) == 3


def test_what_cannot_be_drawn_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    output = ["--output", str(tmp_path / "drawn")]
    assert main(["--settings", json.dumps(SETTINGS), *output, "--workers", "0"]) == 2
    assert "for --workers. Must be >= 1" in capsys.readouterr().err
    assert main(["--settings", '{"kind": "synthetic", "width": 7}', *output]) == 2
    (tmp_path / "file").write_text("")
    output = ["--output", str(tmp_path / "file" / "drawn")]
    assert main(["--settings", json.dumps(SETTINGS), *output, "--workers", "1"]) == 2
    assert "file" in capsys.readouterr().err
