"""The benchmark beside `deface`, up to the images that both anonymize."""

import pytest
from plain_commands.files import read_json

from benchmarks.speed import anonymization

pytestmark = pytest.mark.slow


def test_frames_are_drawn_and_anonymized_by_commands_that_exist(tmp_path, monkeypatch):
    for name, value in {"FRAMES": 1, "WIDTH": 256, "HEIGHT": 128}.items():
        monkeypatch.setattr(anonymization, name, value)
    anonymization.draw(tmp_path)
    anonymization.by_command(tmp_path, "blur")
    assert len(read_json(tmp_path / "index/shards.json")["shards"]) == 1
    assert list((tmp_path / "blur").rglob("manifest*.parquet"))
    assert len(anonymization.pictures_in(tmp_path)) == 1
