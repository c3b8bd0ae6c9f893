"""`method: command`: a real program, started by the real command."""

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import cv2
import pytest
from plain_commands.errors import UserError
from plain_commands.files import sha256_of_file
from plain_commands.section import validate

from tests.anonymization.anonymizing import (
    FACE,
    HEIGHT,
    NAMES,
    PLATE,
    WIDTH,
    apply,
    gather,
    make_data,
    run,
    write_index,
)
from tests.workflow import PROJECT
from workflow_scripts.anonymization.variants import Variant
from workflow_scripts.contracts.manifest import Change, read_manifest
from workflow_scripts.contracts.regions import Kind, with_ids, write_regions
from workflow_scripts.imaging.images import read_image, write_png

SHARD = "000-aaaaaaaa"
BOXER = """
import json, os, pathlib, sys
import cv2
source, target, regions = map(pathlib.Path, sys.argv[1:4])
boxes = {}
for region in json.loads(regions.read_text())["regions"]:
    boxes.setdefault(region["image"], []).append(tuple(map(round, region["box"])))
for path in sorted(source.rglob("*.*")):
    name = path.relative_to(source)
    image = cv2.imread(str(path))
    for x0, y0, x1, y1 in boxes.get(name.as_posix(), []):
        if x0 >= 0 and y0 >= 0:
            image[y0:y1, x0:x1] = 0
    print("boxed", name)
    (target / name).parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str((target / name).with_suffix(".png")), image)
    path.write_bytes(b"spoiled")
print(len(os.environ["TOKEN"]), os.environ.get("PYTHONPATH"), sys.argv[4], flush=True)
"""


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return make_data(tmp_path)


def program(folder: Path, code: str, arguments: str = "{input} {output} {regions} {threads}"):
    """Settings that run a Python program."""
    script = folder / "their program.py"
    script.write_text(code)
    return {"method": "command", "command": f"'{sys.executable}' '{script}' {arguments}"}


def test_a_program_makes_the_images(data, capsys, monkeypatch):
    monkeypatch.setenv("TOKEN", "secret")
    monkeypatch.setenv("PYTHONPATH", f"{PROJECT}{os.pathsep}/theirs")
    digests = {name: sha256_of_file(data / "in" / name) for name in NAMES}
    for shard in (SHARD, "001-bbbbbbbb"):
        assert apply(data, program(data, BOXER), shard, threads=3) == 0
    said = capsys.readouterr().err
    assert gather(data) == 0
    entries = read_manifest(data / "images/v/manifest.parquet")
    assert entries[0].changes == (
        Change("command", 20, 20, 40, 40, Kind.FACE, FACE.id),
        Change("command", 50, 20, 70, 40, Kind.LICENSE_PLATE, PLATE.id),
    )
    expected = read_image(data / "in/b/2.jpg")
    expected[20:40, 20:40] = 0
    assert (read_image(data / "images/v" / entries[2].file) == expected).all()
    assert [entry.linked for entry in entries] == [False, True, False, False, True]
    assert f"{Path(sys.executable).name}: boxed b/3.jpg" in said
    assert ": 6 /theirs 3" in said
    assert "secret" not in said
    assert "1 of 3 images with faces or license plates show no change there, e.g. b/3.jpg" in said
    assert digests == {name: sha256_of_file(data / "in" / name) for name in NAMES}
    assert {path.name for path in (data / "images/v" / SHARD).iterdir()} == {
        "manifest.parquet",
        "a",
        "b",
    }


def test_all_images_can_be_handed_over(data, monkeypatch):
    monkeypatch.setenv("TOKEN", "")
    assert apply(data, program(data, BOXER) | {"all_images": True}) == 0
    entries = read_manifest(data / "images/v" / SHARD / "manifest.parquet")
    assert not any(entry.linked for entry in entries)
    assert entries[1].changes == ()


def test_without_regions_the_program_is_not_needed(data):
    assert apply(data, program(data, "raise SystemExit(1)"), "001-bbbbbbbb") == 0


def test_what_the_program_is_told_of_regions(data):
    write_regions(
        data / f"{SHARD}.parquet",
        with_ids([FACE, replace(FACE, landmarks=((1.5, 2), (3, 4)))]),
    )
    keep = f"import sys, shutil; shutil.copy(sys.argv[3], {str(data / 'seen.json')!r})"
    apply(data, program(data, keep))
    face = {"image": "a/0.png", "kind": "face", "box": [20, 20, 40, 40], "quad": None}
    first, second = json.loads((data / "seen.json").read_text())["regions"]
    assert first == {**face, "score": pytest.approx(0.9), "landmarks": None}
    assert second["landmarks"] == [[1.5, 2], [3, 4]]


def test_it_runs_where_the_settings_say(data, capsys):
    (data / "checkout").mkdir()
    (data / "checkout/tool").write_text("#!/bin/sh\npwd\nexit 4\n")
    (data / "checkout/tool").chmod(0o755)
    settings = {"method": "command", "command": "./tool {input} {output}"}
    assert apply(data, settings | {"directory": str(data / "checkout")}) == 2
    assert f"tool ended with 4; it said '{data / 'checkout'}'" in capsys.readouterr().err


COPY = "import shutil, sys; shutil.copytree(sys.argv[1], sys.argv[2], dirs_exist_ok=True)\n"


@pytest.mark.parametrize(
    ("code", "finding"),
    [
        ("print('no GPU here'); raise SystemExit(1)", "ended with 1; it said 'no GPU here'"),
        ("raise SystemExit(3)", "ended with 3"),
        ("import os; os.kill(os.getpid(), 9)", "was killed by SIGKILL"),
        (
            COPY + "import os; os.remove(sys.argv[2] + '/b/2.jpg')",
            "{output}/b/2.jpg: no such file, nor one with another suffix, for",
        ),
        (
            COPY + "import cv2, numpy\n"
            "cv2.imwrite(sys.argv[2] + '/a/0.png', numpy.zeros((9, 7, 3), 'uint8'))",
            f"{{output}}/a/0.png: 7x9 pixels; the original has {WIDTH}x{HEIGHT}",
        ),
        (
            COPY + "open(sys.argv[2] + '/a/0.png', 'w').write('sorry')",
            "{output}/a/0.png: not a readable image",
        ),
        (
            COPY + "path = sys.argv[2] + '/a/0.png'\n"
            "half = open(path, 'rb').read()[:900]; open(path, 'wb').write(half)",
            "{output}/a/0.png: truncated, damaged, or not an image",
        ),
    ],
)
def test_what_goes_wrong_is_one_line(data, capsys, code, finding):
    assert apply(data, program(data, code)) == 2
    errors = [line for line in capsys.readouterr().err.splitlines() if "error:" in line]
    assert len(errors) == 1
    assert finding in errors[0]
    assert list((data / "images/v").iterdir()) == []


def test_images_that_come_back_as_they_were_are_told(data, capsys):
    assert apply(data, program(data, COPY)) == 0
    assert "3 of 3 images with faces or license plates show no change" in capsys.readouterr().err


SLOW = """
import os, pathlib, subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
print("started", flush=True)
pathlib.Path({mark!r}).write_text(str(child.pid))
time.sleep(600)
"""


def is_running(pid: int) -> bool:
    """Whether a process is there and more than a name waiting to be collected."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def test_a_program_that_takes_too_long_is_ended_with_its_children(data, capsys):
    child = data / "child"
    settings = program(data, SLOW.format(mark=str(child)))
    for seconds in (1, 10, 100):  # a busy machine may take long to start the program
        assert apply(data, settings | {"timeout_minutes": seconds / 60}) == 2
        assert f"did not finish within {seconds} s and was stopped" in capsys.readouterr().err
        if child.exists():
            break
    assert not is_running(int(child.read_text()))


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_when_the_command_is_stopped_the_program_ends_too(data, number, code):
    settings = program(data, SLOW.format(mark=str(data / "child")))
    command = [
        *(sys.executable, "-m", "workflow_scripts.anonymization", "apply"),
        *("--settings", json.dumps(settings), "--variant", "v"),
        *("--regions", data / f"{SHARD}.parquet", "--annotations", data / "train.coco.json"),
        *("--images", data / "in", "--shards", data / "shards.json", "--shard", SHARD),
        *("--output", data / "images/v" / SHARD),
    ]
    process = subprocess.Popen(list(map(str, command)), cwd=PROJECT)
    end = time.monotonic() + 1800
    while not (data / "child").exists() and time.monotonic() < end:
        time.sleep(0.05)
    process.send_signal(number)
    assert process.wait(1800) == code
    assert not is_running(int((data / "child").read_text()))
    assert list((data / "images/v").iterdir()) == []


@pytest.mark.parametrize(
    ("command", "finding"),
    [
        ("tool {input} {output} {regoins}", r"command: \{regoins\} is not one of \{input\}, "),
        ("tool {input}", r"command: \{output\} is missing; the program has to be told"),
        ("tool '{input} {output}", "command: No closing quotation"),
    ],
)
def test_a_command_that_cannot_be_filled_in_is_refused(command, finding):
    with pytest.raises(UserError, match=finding):
        validate(Variant, {"method": "command", "command": command}, "test")


def test_braces_that_are_no_placeholders_are_left_alone():
    settings = {"method": "command", "command": """tool '{"q": 9}' {input}/x {output}"""}
    words = validate(Variant, settings, "test").words(input="a b", output="o")
    assert words == ["tool", '{"q": 9}', "a b/x", "o"]


def test_a_missing_program_is_found_before_any_image(data, capsys):
    settings = {"method": "command", "command": "no-such-tool {input} {output}"}
    there = {"method": "command", "command": "true {input} {output}"}
    lost = {**there, "directory": str(data / "nowhere")}
    text = json.dumps({"theirs": settings, "fine": there, "lost": lost})
    assert run("check", settings=text, annotations=data / "train.coco.json") == 2
    errors = capsys.readouterr().err
    assert "variants.theirs: command: no program 'no-such-tool' here; install it" in errors
    assert f"variants.lost: directory: there is no folder {data / 'nowhere'}" in errors
    assert errors.count("error:") == 2
    assert apply(data, settings) == 2


def test_a_jpeg_writing_program_is_compared_as_one(data):
    photo = cv2.resize(read_image(data / "in/a/0.png")[:15, :20], (WIDTH, HEIGHT))
    code = BOXER.replace('.with_suffix(".png")', '.with_suffix(".jpg")').replace("print(len", "#")
    write_png(data / "in/a/0.png", photo)
    write_index(data)
    assert apply(data, program(data, code)) == 0
    first = read_manifest(data / "images/v" / SHARD / "manifest.parquet")[0]
    assert (first.faces, first.license_plates) == (1, 1)
    for change, x0 in zip(first.changes, (20, 50), strict=True):
        assert x0 - 16 <= change.x0 <= x0
        assert x0 + 20 <= change.x1 <= x0 + 36
