"""`anonymize`: calls that cannot work, each with its one line, before anything is made."""

import errno
import fcntl
import json
from pathlib import Path

import pytest
from plain_commands.errors import UserError

from workflow_scripts.__main__ import PROGRAM
from workflow_scripts.config.experiment import Experiment, read_experiment
from workflow_scripts.contracts.layout import Layout
from workflow_scripts.operations.images_only import ImagesOnly, method_of
from workflow_scripts.pii.detectors.centerface import CenterFace
from workflow_scripts.pii.detectors.plates import Plates

METHODS = "blackbox, blur, diffusion, drop, natural, pixelate"
ORIGINALS = "is inside the folder of the originals, which is not changed; name another folder"
SUFFIXES = "docs/images-only.md lists suffixes"
HELP = "; see python -m workflow_scripts anonymize --help"
OUT = ("--output", "out")
BLUR = ("--method", "blur")
TO_OUT = (*BLUR, *OUT)
DONORS = {"source": "donors.npz", "sha256": 64 * "0", "licence": "ours"}


def as_json(**settings: object) -> str:
    return json.dumps(settings)


BAD_CALLS = [
    (TO_OUT, f"missing: FOLDER{HELP}"),
    (("photos", *OUT), f"missing: --method{HELP}"),
    (("photos", *BLUR), f"missing: --output{HELP}"),
    (("nowhere", *TO_OUT), "{here}/nowhere: no folder of images (missing)"),
    (
        ("photos/a.jpg", *TO_OUT),
        "{here}/photos/a.jpg: no folder of images (a file; name the folder that it lies in)",
    ),
    (
        ("texts", *TO_OUT),
        "{here}/texts: no images among 1 file; docs/images-only.md lists suffixes",
    ),
    (
        ("empty", *TO_OUT),
        "{here}/empty: no images among 0 files; docs/images-only.md lists suffixes",
    ),
    (("photos", *BLUR, "--output", "photos"), f"--output: {{here}}/photos {ORIGINALS}"),
    (
        ("photos", *BLUR, "--output", "photos/new/out"),
        f"--output: {{here}}/photos/new/out {ORIGINALS}",
    ),
    (("photos", *BLUR, "--output", "link"), f"--output: {{here}}/photos {ORIGINALS}"),
    (("link", *BLUR, "--output", "photos/x"), f"--output: {{here}}/photos/x {ORIGINALS}"),
    (
        ("photos", *BLUR, "--output", "."),
        "--output: {here} contains the folder of the originals; name another folder",
    ),
    (
        ("photos", *BLUR, "--output", "file"),
        "file: cannot be written (Not a directory); correct its path or permissions and run again",
    ),
    (
        ("photos", *BLUR, "--output", "full"),
        "--output: {here}/full is not empty; name a new folder",
    ),
    (
        ("photos", *BLUR, "--output", "file/out"),
        "file/out: cannot be written (Not a directory); correct its path or permissions and run "
        "again",
    ),
    (
        ("photos", *BLUR, "--output", "shown"),
        "{here}/shown-contact-sheet.png: exists, but is the path of the contact sheet; move it "
        "away",
    ),
    (
        ("photos", *BLUR, "--output", "begun"),
        "{here}/begun-contact-sheet.png: cannot be written (Is a directory); correct its path or "
        "permissions and run again",
    ),
    (("photos", *BLUR, "--output", "held"), "{here}/held: another process is using it"),
    (("photos", "--method", "blurr", *OUT), f"--method: 'blurr' is not one of {METHODS}"),
    (("photos", "--method", "", *OUT), f"--method: '' is not one of {METHODS}"),
    (("photos", "--method", "unmodified", *OUT), f"--method: 'unmodified' is not one of {METHODS}"),
    (
        ("photos", "--method", "mask_objects", *OUT),
        f"--method: 'mask_objects' is not one of {METHODS}",
    ),
    (
        ("photos", "--method", "precomputed", *OUT),
        f"--method: 'precomputed' is not one of {METHODS}",
    ),
    (
        ("photos", "--method", as_json(method="command", command="x"), *OUT),
        f"--method: 'command' is not one of {METHODS}",
    ),
    (
        ("photos", "--method", as_json(strength=1), *OUT),
        f'--method: the key "method" is missing; one of {METHODS}',
    ),
    (
        ("photos", "--method", "{method: blur}", *OUT),
        "--method: not valid JSON (Expecting property name enclosed in double quotes: "
        "line 1 column 2 (char 1))",
    ),
    (
        ("photos", "--method", '{"method": "blur", "strength": 1, "strength": 2}', *OUT),
        "--method: not valid JSON (duplicate key 'strength'; keep one)",
    ),
    (
        ("photos", "--method", '{"method": "blur", "x": ' + "[" * 99999, *OUT),
        "--method: not valid JSON (maximum recursion depth exceeded while decoding a JSON array "
        "from a unicode string)",
    ),
    (
        ("photos", "--method", '{"method": "blur", "x": ' + 900 * '{"a": ' + "1" + 901 * "}", *OUT),
        "--method: sections in sections in sections; a method has fewer",
    ),
    (
        ("photos", "--method", as_json(method="blur", strenght=1), *OUT),
        "--method: variants.blur.strenght: unknown key; remove it or correct its spelling",
    ),
    (
        ("photos", "--method", as_json(method="blur", strength=-1), *OUT),
        "--method: variants.blur.strength: Input should be greater than 0 (found -1)",
    ),
    (
        ("photos", "--method", "diffusion", *OUT),
        "--method: variants.diffusion.model: missing; this key has no default",
    ),
    (
        ("photos", "--method", as_json(method="natural", donors=DONORS), *OUT),
        "variants.natural.donors.source: no such file: donors.npz; correct the path, or put "
        "the file there",
    ),
    (
        ("photos", "texts", *TO_OUT),
        "texts: one folder at a time; arguments of snakemake follow `--`",
    ),
    (
        ("photos", *TO_OUT, "--profile", "x"),
        f"unknown option --profile (arguments of snakemake go after `--`){HELP}",
    ),
    (("photos", *TO_OUT, "--cores", "0"), f'Invalid value "0" for --cores. Must be >= 1{HELP}'),
    (
        ("photos", *TO_OUT, "--", "--cores", "1", "--configfile=mine.yaml"),
        "--configfile=mine.yaml: not allowed here; for a config file, use snakemake anonymized",
    ),
    (
        ("photos", *TO_OUT, "--", "-d", "x"),
        "-d: not allowed here; for a config file, use snakemake anonymized",
    ),
    (
        ("photos", *TO_OUT, "--cores", "2", "--", "--cores", "1"),
        "--cores: pass it to snakemake, after `--`",
    ),
]


@pytest.mark.parametrize(("words", "line"), BAD_CALLS)
def test_a_bad_call_is_one_line_and_makes_nothing(tmp_path, monkeypatch, capsys, words, line):
    for name in ("photos/a.jpg", "texts/a.txt", "full/a.jpg", "file", "shown-contact-sheet.png"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("")
    (tmp_path / "empty").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "photos")
    for name in ("held/.anonymization", "begun/.anonymization", "begun-contact-sheet.png"):
        (tmp_path / name).mkdir(parents=True)
    monkeypatch.chdir(tmp_path)
    with (tmp_path / "held/.anonymization/lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        before = sorted(tmp_path.rglob("*"))
        assert PROGRAM.run(["anonymize", *words]) == 2
        assert sorted(tmp_path.rglob("*")) == before
    (said,) = capsys.readouterr().err.splitlines()
    assert said == f"[anonymize] error: {line.format(here=tmp_path)}"


def experiment(**changes: object) -> Experiment:
    content = {
        "experiment": "cam",
        "dataset": {"kind": "images", "root": "/data/cam"},
        "variants": {"natural": {"method": "natural"}},
        **changes,
    }
    return read_experiment(content, "cam.yaml")


def test_a_config_needs_no_labels_and_no_training():
    found = experiment()
    assert found.images_only
    assert not found.pii.only_on_labelled
    assert found.pii.faces == CenterFace()
    assert found.pii.license_plates == Plates()
    with pytest.raises(UserError, match="use the target `anonymized`"):
        found.training.recipe()


def test_a_config_may_search_otherwise():
    pii = experiment(pii={"faces": {"detector": "centerface", "threshold": 0.2}}).pii
    assert pii.faces.threshold == 0.2
    assert pii.license_plates == Plates()
    assert experiment(pii={"license_plates": None}).pii.license_plates is None


def test_a_file_of_regions_may_name_tracks():
    listed = {"detector": "annotations", "file": "faces.csv"}
    tracked = {"natural": {"method": "natural", "identity": "track"}}
    assert (
        experiment(pii={"faces": listed}, variants=tracked).variants["natural"].identity == "track"
    )


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        (
            {"pii": {"only_on_labelled": True}},
            "pii.only_on_labelled: dataset.kind images has no labels; set it to false",
        ),
        *(
            (
                {"variants": {"v": {"method": method, **settings}}},
                f"variants.v: {method!r} is not one of {METHODS}, which need no labels and no "
                "images from elsewhere",
            )
            for method, settings in (
                ("unmodified", {}),
                ("mask_objects", {}),
                ("precomputed", {"folder": "x"}),
                ("command", {"command": "x {input} {output}"}),
            )
        ),
        (
            {"variants": {"v": {"method": "natural", "identity": "track"}}},
            "variants.v.identity: images without labels have no tracks; use frame, or name a file "
            "with `track` under pii.faces (detector annotations)",
        ),
        (
            {"variants": {}},
            "variants: Dictionary should have at least 1 item after validation, not 0",
        ),
        ({"dataset": {"kind": "images"}}, "dataset.root: missing; this key has no default"),
        (
            {"dataset": {"kind": "images", "root": "x", "train": "x"}},
            "dataset.train: unknown key; remove it or correct its spelling",
        ),
    ],
)
def test_a_config_that_cannot_work_is_one_line(changes, line):
    with pytest.raises(UserError) as error:
        experiment(**changes)
    assert str(error.value) == f"cam.yaml: {line}"


def test_training_without_images_only_needs_its_section():
    with pytest.raises(UserError, match=r"cam.yaml: training: missing"):
        experiment(dataset={"kind": "cityscapes", "root": "x"})


def test_paths_of_a_method_are_read_from_here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "donors.npz").write_text("")
    (tmp_path / "model").mkdir()
    method = {"method": "natural", "donors": DONORS, "diffusion": {"model": "model", "size": 512}}
    found = method_of(as_json(**method))
    assert found["donors"] == DONORS | {"source": str(tmp_path / "donors.npz")}
    assert found["diffusion"] == {"model": str(tmp_path / "model"), "size": 512}
    painted = {"method": "diffusion", "model": "runwayml/stable-diffusion-inpainting"}
    assert method_of(as_json(**painted)) == painted


def job(tmp_path: Path) -> ImagesOnly:
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos/a.jpg").write_bytes(b"1")
    return ImagesOnly(tmp_path / "photos", tmp_path / "out", method_of("blackbox"))


def test_changed_originals_are_indexed_again_until_they_have_been(tmp_path, monkeypatch):
    images, calls = job(tmp_path), []

    def snakemake(arguments, *_):
        calls.append("--forcerun" in arguments)
        return []

    monkeypatch.setattr("workflow_scripts.operations.images_only.run_quietly", snakemake)
    index = images.work / Layout.of("images").annotations("train")
    index.parent.mkdir(parents=True)
    images.run((), 0)  # interrupted before the index
    index.write_text("1")
    images.run((), 0)
    (tmp_path / "photos/b.jpg").write_bytes(b"1")
    for _ in range(3):  # interrupted while Snakemake starts
        images.run((), 0)
    index.write_text("2")
    images.run((), 0)
    assert calls == [False, False, True, True, True, False]


def test_a_sheet_that_cannot_be_moved_is_not_left_in_the_output(tmp_path, monkeypatch):
    def refuse(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("shutil.move", refuse)
    images = job(tmp_path)
    layout = Layout(images.work / Layout.of("images").results)
    shown, folder = layout.contact_sheet("blackbox"), layout.handed_over("blackbox")
    folder.mkdir(parents=True)
    for file in (folder / "a.jpg", shown, layout.handover("blackbox")):
        file.write_text("")
    with pytest.raises(UserError, match=r"out-contact-sheet.png: cannot be written"):
        images.publish()
    assert not shown.exists()
    assert not (images.output / "a.jpg").exists()
