"""What the privacy table says of the donors of new faces."""

import json
from pathlib import Path

import numpy as np
import pytest
from natural_pii import Donors
from natural_pii.faces.parts import plane
from plain_commands.files import read_json, sha256_of_file

from tests.privacy.privacy_case import audit, make_data, run

PEOPLE = 31
LICENCE = "staff portraits | written consent"


@pytest.fixture
def donors(tmp_path: Path) -> Path:
    """A file with 33 faces of 31 people."""
    n = PEOPLE + 2
    path = tmp_path / "donors.npz"
    Donors(
        textures=np.zeros((n, *plane().shape, 3), np.uint8),
        poses=np.zeros((n, 2), np.float32),
        units=np.ones(n, np.float32),
        traits=np.zeros((n, 2), bool),
        people=np.minimum(np.arange(n), PEOPLE - 1).astype(np.int32),
        usable=np.ones((n, 3), bool),
    ).write(path)
    return path


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """An audit of the originals, which stands for one of new faces."""
    made = make_data(tmp_path)
    assert audit(made, None)[0] == 0
    return made


def table(data: Path, method: dict, **more: object) -> tuple[int, str, str]:
    """Exit code, tables/privacy.md and privacy.md."""
    given = {
        "audits": [data / "privacy/unmodified.json"],
        "output": data / "tables",
        "page": data / "privacy.md",
        "variants": json.dumps({"unmodified": {"method": "natural", **method}}),
        **more,
    }
    code = run("table", given)
    texts = (data / "tables/privacy.md", data / "privacy.md")
    return code, *(path.read_text() if path.exists() else "" for path in texts)


def named(donors: Path, sha256: str | None = None) -> dict:
    sha256 = sha256 or sha256_of_file(donors)
    return {"donors": {"source": str(donors), "sha256": sha256, "licence": "see the manifest"}}


def test_number_and_licence_of_donors_are_told(data, donors):
    manifest = data / "manifest.json"
    row = {"key": "variants.x.donors", "sha256": sha256_of_file(donors), "licence": LICENCE}
    manifest.write_text(json.dumps({"schema": 1, "weights": [row]}))
    code, md, page = table(data, named(donors), weights=manifest)
    assert code == 0
    for text in (md, page):
        assert "unmodified: new faces are mixed from photographs of 31 people (licence: " in text
        assert r"staff portraits \| written consent" in text
    assert "31 people" in (data / "tables/privacy.tex").read_text()
    (said,) = read_json(data / "tables/privacy.json")["donors"]
    assert said.endswith(f"31 people (licence: {LICENCE}).")


def test_a_licence_that_nobody_recorded_is_said(data, donors):
    _, md, _ = table(data, named(donors))
    assert "31 people (licence not recorded)" in md


def test_drawn_faces_have_no_donors(data):
    code, md, page = table(data, {"donors": None})
    assert code == 0
    assert "photographs of" not in md + page
    assert read_json(data / "tables/privacy.json")["donors"] == []


@pytest.mark.parametrize("what", ["missing", "other", "manifest"])
def test_wrong_files_are_one_line(data, donors, capsys, what):
    more = {}
    expected = "donors.npz: no such file"
    if what == "missing":
        method = named(donors)
        donors.unlink()
    elif what == "other":
        method, expected = named(donors, "0" * 64), "donors.npz: its sha256 is"
    else:
        method = named(donors)
        more["weights"] = data / "manifest.json"
        advice = f"delete {more['weights']} and make it again with: snakemake {more['weights']} …"
        expected = f"manifest.json: not a manifest of weights; {advice}"
        more["weights"].write_text("[]")
    capsys.readouterr()
    assert table(data, method, **more)[0] == 2
    (line,) = [one for one in capsys.readouterr().err.splitlines() if "error: " in one]
    assert expected in line
