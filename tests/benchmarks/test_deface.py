"""The benchmark beside `deface`, up to the images that both anonymize."""

import pytest
from plain_commands.files import read_json

from benchmarks import deface

pytestmark = pytest.mark.slow


def test_frames_are_drawn_and_anonymized_by_commands_that_exist(tmp_path, monkeypatch):
    for name, value in {"IMAGES": 1, "WIDTH": 256, "HEIGHT": 128}.items():
        monkeypatch.setattr(deface, name, value)
    deface._draw(tmp_path)
    deface._ours(tmp_path, "blur")
    assert len(read_json(tmp_path / "index/shards.json")["shards"]) == 1
    assert list((tmp_path / "blur").rglob("manifest*.parquet"))
    assert len(deface._pictures(tmp_path)) == 1
