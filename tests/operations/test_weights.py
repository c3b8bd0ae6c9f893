"""Weights that a user brings: fetched, checked, recorded, and found again by a job."""

import http.server
import json
import threading
from functools import partial
from pathlib import Path

import pytest
import yaml
from plain_commands.errors import UserError
from plain_commands.files import sha256_of
from plain_commands.section import Section, validate

from tests.commands import weights as main
from tests.workflow import PROJECT
from workflow_scripts.config.experiment import read_experiment
from workflow_scripts.config.fingerprints import Fingerprints
from workflow_scripts.config.jobs import Jobs
from workflow_scripts.contracts.catalogue import CATALOGUE
from workflow_scripts.contracts.weights import Weights, weights_in, with_local_weights
from workflow_scripts.pii.settings import Pii

CONTENT = bytes(range(256)) * 5000
SHA256 = sha256_of(CONTENT)
OTHER = SHA256[::-1]


@pytest.fixture
def source(tmp_path) -> Path:
    path = tmp_path / "mine.onnx"
    path.write_bytes(CONTENT)
    return path


@pytest.fixture
def address(source):
    """The folder of `source` over HTTP."""
    handler = partial(http.server.SimpleHTTPRequestHandler, directory=source.parent)
    handler.func.log_message = lambda *_: None
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def entry(source, sha256=SHA256) -> dict:
    return {"source": str(source), "sha256": sha256, "licence": "MIT"}


def run(action: str, named: dict, *arguments) -> int:
    return main([action, "--settings", json.dumps(named), *map(str, arguments)])


@pytest.mark.parametrize("remote", [False, True])
def test_weights_are_copied_or_downloaded(tmp_path, source, address, remote):
    named = {"pii.faces.weights": entry(f"{address}/mine.onnx" if remote else source)}
    assert run("fetch", named, "--output", tmp_path / "weights") == 0
    assert [path.name for path in (tmp_path / "weights").iterdir()] == [SHA256]
    assert (tmp_path / "weights" / SHA256).read_bytes() == CONTENT


def test_what_is_there_is_not_fetched_again_and_what_is_damaged_is(tmp_path, source):
    folder = tmp_path / "weights"
    named = {"a": entry(source)}
    assert run("fetch", named, "--output", folder) == 0
    source.unlink()
    assert run("fetch", named, "--output", folder) == 0
    (folder / SHA256).write_bytes(CONTENT[:100])
    assert run("fetch", named, "--output", folder) == 2


def test_one_file_of_several_is_fetched(tmp_path, source, capsys):
    named = {"a": entry(source), "b": entry("/nowhere", OTHER)}
    assert run("fetch", named, "--output", tmp_path / "w", "--only", SHA256) == 0
    assert run("fetch", named, "--output", tmp_path / "w", "--only", "abc") == 2
    assert "--only: the config has no weights with the sha256 abc" in capsys.readouterr().err


@pytest.mark.parametrize(
    "case",
    [
        ("{folder}/mine.onnx", OTHER, "a.b: the sha256 of {name} is {found}, expected {sha256}; "),
        ("{address}/mine.onnx", OTHER, "a.b: the sha256 of {name} is {found}, expected {sha256}; "),
        ("{folder}/none.onnx", SHA256, "a.b: {name} cannot be read (No such file or directory); "),
        ("{address}/none.onnx", SHA256, "a.b: {name} cannot be read (HTTP 404 File not found); "),
        ("http://127.0.0.1:1/a", SHA256, "a.b: {name} cannot be read ("),
    ],
)
def test_what_cannot_be_fetched_is_named_in_one_line(source, address, capsys, case):
    name, sha256, message = case
    tmp_path = source.parent
    name = name.format(folder=tmp_path, address=address)
    assert run("fetch", {"a.b": entry(name, sha256)}, "--output", tmp_path / "w") == 2
    errors = [line for line in capsys.readouterr().err.splitlines() if "error:" in line]
    assert len(errors) == 1
    assert message.format(name=name, found=SHA256, sha256=sha256) in errors[0]
    assert not list(tmp_path.glob("w/*"))


def test_a_face_recogniser_that_cannot_be_loaded_is_known_before_any_training(source, capsys):
    named = {"privacy.attacks.0.weights": entry(source)}
    assert run("fetch", named, "--output", source.parent / "w") == 2
    said = capsys.readouterr().err
    assert "error: privacy.attacks.0.weights: " in said
    assert "not a face recognition network for FaceRecognizerSF" in said


def test_the_record_says_where_each_file_is_from(tmp_path, source):
    named = {"b": entry(source), "a": entry(source)}
    run("fetch", named, "--output", tmp_path / "w")
    record = tmp_path / "w/manifest.json"
    assert run("record", named, "--folder", tmp_path / "w", "--output", record) == 0
    row = {**entry(source), "bytes": len(CONTENT)}
    expected = [{"key": "a", **row}, {"key": "b", **row}]
    assert json.loads(record.read_text()) == {"schema": 1, "weights": expected}


def test_incomplete_weights_are_refused():
    with pytest.raises(UserError, match="w: sha256: missing"):
        validate(Weights, {"source": "a", "licence": "MIT"}, "w")
    with pytest.raises(UserError, match="w: licence: missing"):
        validate(Weights, {"source": "a", "sha256": SHA256}, "w")
    with pytest.raises(UserError, match="w: sha256: expected 64 hexadecimal"):
        validate(Weights, entry("a", SHA256[:-1]), "w")
    with pytest.raises(UserError, match="w: source: neither a path nor an"):
        validate(Weights, entry("ftp://example.org/a"), "w")


class Nested(Section):
    """A section with weights in many places."""

    one: Weights
    many: dict[str, tuple[Weights | None, ...]]
    other: Pii = Pii()


def test_weights_are_found_and_localised_wherever_they_stand():
    two = Weights(**entry("https://example.org/b", OTHER))
    section = Nested(one=Weights(**entry("a.onnx")), many={"x": (None, two)})
    assert [key for key, _ in weights_in(section, "all")] == ["all.one", "all.many.x.1"]
    local = with_local_weights(section, "folder")
    assert local.one.local() == Path("folder") / SHA256
    assert local.many["x"][1].local() == Path("folder") / OTHER
    assert local.other == section.other
    moved = section.model_copy(update={"one": Weights(**entry("elsewhere"))})
    assert with_local_weights(moved, "folder") == local


def test_a_second_detector_concerns_no_detection_and_no_attack():
    config = yaml.safe_load((PROJECT / "config.yaml").read_text())
    before = Jobs(read_experiment(config, "config.yaml"))
    config["privacy"]["second_detection"]["faces"] = {"detector": "yunet"}
    after = Jobs(read_experiment(config, "config.yaml"))
    assert (before.missed(), before.missed_option()) == ([], "")
    estimate = "results/whitepaper/privacy/missed/estimate.json"
    assert (list(map(str, after.missed())), after.missed_option()) == (
        [estimate],
        f"--missed {estimate}",
    )
    assert after.attack_settings() == before.attack_settings()
    assert after.pii_settings() == before.pii_settings()
    assert after.weights_of(after.experiment.privacy.attacks) == []
    (weights,) = after.weights_of(after.experiment.privacy.second_detection)
    assert json.loads(after.second_detection_settings())["faces"]["weights"]["source"] == weights
    (key,) = json.loads(after.weights_settings())
    assert key == "privacy.second_detection.faces.weights"


def jobs_with(weights: dict) -> Jobs:
    config = yaml.safe_load((PROJECT / "config.yaml").read_text())
    config["pii"]["faces"] = {"detector": "yunet", "weights": weights}
    return Jobs(read_experiment(config, "config.yaml"))


def test_a_detection_depends_on_the_content_of_weights_and_on_nothing_else_of_them():
    before = jobs_with(entry("a.onnx"))
    moved = jobs_with({**entry("https://example.org/b"), "licence": "MIT, see there"})
    other = jobs_with(entry("a.onnx", OTHER))
    assert Fingerprints(moved).detection() == Fingerprints(before).detection()
    assert Fingerprints(other).detection() != Fingerprints(before).detection()
    assert moved.pii_settings() == before.pii_settings() != other.pii_settings()
    assert Fingerprints(moved).weights_record() != Fingerprints(before).weights_record()
    assert before.weights_of(before.experiment) == [f"results/whitepaper/weights/{SHA256}"]
    assert before.weights_of(before.experiment.training) == []
    assert list(json.loads(before.weights_settings())) == ["pii.faces.weights"]


def test_a_name_stands_for_a_public_file():
    named = validate(Weights, "yunet", "test")
    file = CATALOGUE["yunet"]
    assert (named.source, named.sha256, named.licence) == (file.source, file.sha256, "MIT")
    assert named.is_remote
    config = yaml.safe_load((PROJECT / "profiles/demo/experiment.yaml").read_text())
    config["pii"]["faces"] = {"detector": "yunet", "weights": "yunet"}
    by_name = read_experiment(config, "test")
    del config["pii"]["faces"]["weights"]
    assert read_experiment(config, "test") == by_name


def test_an_unknown_name_is_refused_with_those_there_are():
    with pytest.raises(UserError, match="'yunte' is not one of resnet50_imagenet, sface, yunet;"):
        validate(Weights, "yunte", "test")


def test_a_node_without_internet_is_told_where_a_file_goes(tmp_path, capsys):
    named = {"pii.faces.weights": entry("http://127.0.0.1:1/yunet.onnx")}
    assert run("fetch", named, "--output", tmp_path) == 2
    told = capsys.readouterr().err
    assert f"or download the file elsewhere and copy it to {tmp_path / SHA256}" in told
    (tmp_path / SHA256).write_bytes(CONTENT)
    assert run("fetch", named, "--output", tmp_path) == 0
    assert "exists already" in capsys.readouterr().err


def test_the_list_has_each_file_and_its_place(capsys, monkeypatch, tmp_path):
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    assert main(["list"]) == 0
    listed = capsys.readouterr().out
    for name, file in CATALOGUE.items():
        assert f"{name}: {file.what}\n  source   {file.source}\n" in listed
        assert f"sha256   {file.sha256}\n" in listed
    assert f"place    {tmp_path}/hub/checkpoints/resnet50-0676ba61.pth\n" in listed
    assert f"place    results/<experiment>/weights/{CATALOGUE['yunet'].sha256}" in listed


def test_a_file_whose_sha256_is_not_published_is_listed_with_that_of_a_copy(
    capsys, monkeypatch, tmp_path
):
    monkeypatch.setenv("FVCORE_CACHE", str(tmp_path))
    place = tmp_path / "detectron2/ImageNetPretrained/MSRA/R-50.pkl"
    assert main(["list"]) == 0
    listed = capsys.readouterr().out
    assert (
        "sha256   not published; once a copy is at the place below, its sha256 is shown here\n"
        in listed
    )
    assert f"place    {place}\n" in listed
    place.parent.mkdir(parents=True)
    place.write_bytes(CONTENT)
    assert main(["list"]) == 0
    assert f"sha256   {SHA256} (of the copy at the place below); if" in capsys.readouterr().out
