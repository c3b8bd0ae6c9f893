"""Programs that cannot start, and what programs and killed jobs leave behind."""

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from plain_commands.files import sha256_of_file

from tests.anonymization.anonymizing import NAMES, apply, lines, make_data, run
from tests.imaging.test_images import png_header
from tests.workflow import PROJECT

SHARD = "000-aaaaaaaa"


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return make_data(tmp_path)


NO_LINE = "is a script without a first line such as #!/bin/sh; add one, or name its interpreter in "
NO_PROGRAMS = {
    "not executable": ("#!/bin/sh\n", 0o644, "{tool} is not executable; run: chmod +x {tool}"),
    "text, not executable": ("x", 0o644, "{tool} is not executable; run: chmod +x {tool}"),
    "no first line": ("cp -r $1 $2\n", 0o755, f"{{tool}} {NO_LINE}the command"),
    "a byte order mark": ("\ufeff#!/bin/sh\n", 0o755, f"{{tool}} {NO_LINE}the command"),
    "a blank line first": ("\n#!/bin/sh\n", 0o755, f"{{tool}} {NO_LINE}the command"),
    "Python without it": ("import sys\n", 0o755, f"{{tool}} {NO_LINE}the command"),
    "empty": ("", 0o755, f"{{tool}} {NO_LINE}the command"),
    "Windows line ends": (
        "#!/bin/sh\r\ncp\r\n",
        0o755,
        "{tool} begins with #!/bin/sh, which is no program here; it has Windows line ends",
    ),
    "missing interpreter": (
        "#!/opt/none/python3 -u\n",
        0o755,
        "{tool} begins with #!/opt/none/python3, which is no program here",
    ),
    "no interpreter": ("#!\n", 0o755, "{tool} begins with #!, which is no program here"),
    "interpreter not executable": (
        "#! /etc/passwd\n",
        0o755,
        "{tool} begins with #!/etc/passwd, which is no program here",
    ),
}


@pytest.mark.parametrize(("text", "mode", "line"), NO_PROGRAMS.values(), ids=NO_PROGRAMS)
def test_a_script_that_cannot_start_is_found_before_any_image(data, capsys, text, mode, line):
    tool, annotations = data / "tool", data / "train.coco.json"
    tool.write_text(text, newline="")
    tool.chmod(mode)
    expected = line.replace("{tool}", "{data}/tool")
    for name, directory in (("./tool", str(data)), (str(tool), None)):
        settings = {"method": "command", "command": f"{name} {{input}} {{output}}"}
        content = json.dumps({"v": settings | {"directory": directory}})
        assert run("check", settings=content, annotations=annotations) == 2
        assert lines(capsys, data) == [f"variants.v: command: {expected}"]


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("no-such-tool", "no program 'no-such-tool' here; install it or give its path"),
        ("/no/such/tool", "no program '/no/such/tool' here; install it or give its path"),
        ("'two words'", "no program 'two words' here; install it or give its path"),
        ("/usr", "'/usr' is a folder; install it or give its path"),
        (
            "~/tool",
            "no program '~/tool' here (there is no shell: ~ and $ mean nothing); install it or "
            "give its path",
        ),
        (
            "$HOME/tool",
            "no program '$HOME/tool' here (there is no shell: ~ and $ mean nothing); install it or "
            "give its path",
        ),
    ],
)
def test_a_name_that_is_no_program_is_found_before_any_image(data, capsys, name, line):
    text = json.dumps({"v": {"method": "command", "command": f"{name} {{input}} {{output}}"}})
    assert run("check", settings=text, annotations=data / "train.coco.json") == 2
    assert lines(capsys, data) == [f"variants.v: command: {line}"]


@pytest.mark.parametrize(
    "words",
    ["--api-key abc123", "--token=abc123", "-k x API_KEY=abc123", "--url http://me:abc123@host/"],
)
def test_a_key_in_the_command_is_masked_and_told(data, capsys, words):
    code = "import sys; print('called with', *sys.argv); raise SystemExit(1)"
    (data / "t.py").write_text(code)
    command = f"{sys.executable} {data}/t.py {{input}} {{output}} {words}"
    assert apply(data, {"method": "command", "command": command}) == 2
    said = capsys.readouterr().err
    assert "but not in the commands that Snakemake shows and logs; let the program" in said
    assert "called with" in said
    assert "abc123" not in said


@pytest.mark.parametrize(
    "words", ["--token-file t", '--api-key "$API_KEY"', "--keyframes 10", "--key {regions}"]
)
def test_what_names_no_key_is_no_reason_to_warn(data, capsys, words):
    text = json.dumps({"v": {"method": "command", "command": f"true {{input}} {{output}} {words}"}})
    assert run("check", settings=text, annotations=data / "train.coco.json") == 0
    assert lines(capsys, data) == ["v: check passed (5 images)"]


START = "import os, shutil, sys\nsource, target = sys.argv[1:3]\n"
COPY = (
    START + "shutil.copytree(source, target, dirs_exist_ok=True)\nos.remove(target + '/a/0.png')\n"
)


def program(data: Path, code: str) -> dict:
    (data / "t.py").write_text(code)
    command = f"{sys.executable} '{data}/t.py' {{input}} {{output}}"
    return {"method": "command", "command": command, "whole_image": True}


OWN = "; the program has to write regular files"
MISSING = "3 of 3 images are missing, e.g. a/0.png; the program wrote "
LEFT = {
    "nothing there": (COPY, "{output}/a/0.png: no such file, nor one with another suffix"),
    "a folder": (COPY + "os.mkdir(target + '/a/0.png')", "{output}/a/0.png: no such file, nor"),
    "a pipe": (COPY + "os.mkfifo(target + '/a/0.png')", "{output}/a/0.png: no such file, nor"),
    "an empty file": (
        COPY + "open(target + '/a/0.png', 'w')",
        "{output}/a/0.png: not a readable image; make it again",
    ),
    "a text": (
        COPY + "open(target + '/a/0.png', 'w').write('sorry')",
        "{output}/a/0.png: not a readable image; make it again",
    ),
    "another size": (
        COPY + "import cv2, numpy as n\ncv2.imwrite(target + '/a/0.png', n.zeros((9, 7), 'uint8'))",
        "{output}/a/0.png: 7x9 pixels; the original has 80x60",
    ),
    "turned": (
        COPY + "import cv2\nimage = cv2.imread(source + '/a/0.png')\n"
        "cv2.imwrite(target + '/a/0.png', cv2.rotate(image, 0))",
        "{output}/a/0.png: 60x80 pixels; the original has 80x60",
    ),
    "a huge header": (
        COPY + "shutil.copy(os.path.dirname(sys.argv[0]) + '/huge.png', target + '/a/0.png')",
        "{output}/a/0.png: 50000x50000 pixels; the original has 80x60",
    ),
    "two files": (
        COPY + "[shutil.copy(source + '/a/0.png', target + '/a/0' + s) for s in ('.png', '.webp')]",
        "{output}/a: 0.png and 0.webp both match a/0.png; remove one",
    ),
    "a link to nothing": (
        COPY + "os.symlink('gone.png', target + '/a/0.png')",
        "{output}/a/0.png is a link to gone.png" + OWN,
    ),
    "a link to itself": (
        COPY + "os.symlink('0.png', target + '/a/0.png')",
        "{output}/a/0.png is a link to 0.png" + OWN,
    ),
    "a link to an original": (
        COPY + "os.symlink(os.path.dirname(sys.argv[0]) + '/in/a/0.png', target + '/a/0.png')",
        "{output}/a/0.png is a link to {data}/in/a/0.png" + OWN,
    ),
    "a relative link outside": (
        COPY + "os.symlink('../../../../../../in/a/0.png', target + '/a/0.png')",
        "{output}/a/0.png is a link to ../../../../../../in/a/0.png" + OWN,
    ),
    "a link to a folder": (
        START + "os.symlink(source + '/a', target + '/a')",
        "{output}/a is a link to ",
    ),
    "the output as a link": (
        START + "os.rmdir(target); os.symlink('/', target)",
        "{output} is a link to /" + OWN,
    ),
    "no output folder": (START + "os.rmdir(target)", f"{{output}}: {MISSING}no files; it has to"),
    "nothing at all": (
        START,
        f"{{output}}: {MISSING}no files; it has to write each image to the relative path of its "
        "input, as .png, .jpg, .jpeg, .webp, .tif, .tiff, .bmp",
    ),
    "other names": (
        START + "for name in os.listdir(source + '/b'):\n"
        "    shutil.copy(f'{source}/b/{name}', f'{target}/{name[0]}_blurred.jpg')",
        f"{{output}}: {MISSING}2 other files, e.g. 2_blurred.jpg; it has to write each image",
    ),
    "other suffixes": (
        START + "open(target + '/notes.txt', 'w')",
        f"{{output}}: {MISSING}1 other file, e.g. notes.txt; it has to write each image",
    ),
}


@pytest.mark.parametrize(("code", "line"), LEFT.values(), ids=LEFT)
def test_results_that_are_refused(data, capsys, code, line):
    (data / "huge.png").write_bytes(png_header(50_000, 50_000))
    before = {name: sha256_of_file(data / "in" / name) for name in NAMES}
    assert apply(data, program(data, code)) == 2
    said = [one for one in lines(capsys, data) if "images for python" not in one]
    assert len(said) == 1
    assert said[0].startswith(line)
    assert list((data / "images/v").iterdir()) == []
    assert before == {name: sha256_of_file(data / "in" / name) for name in NAMES}


@pytest.mark.parametrize(
    "link", ["os.symlink(source + '/' + n, p)", "os.link(source + '/' + n, p)", "os.link(o + n, p)"]
)
def test_links_to_the_inputs_and_originals_become_files(data, capsys, link):
    code = START + "o = os.path.dirname(sys.argv[0]) + '/in/'\n"
    code += "for n in ('a/0.png', 'b/2.jpg', 'b/3.jpg'):\n    p = target + '/' + n\n"
    code += f"    os.makedirs(os.path.dirname(p), exist_ok=True)\n    {link}\n"
    assert apply(data, program(data, code)) == 0
    assert "3 results of the program are links, e.g. a/0.png; their targets are copied" in (
        lines(capsys, data)
    )
    for name in ("a/0.png", "b/2.jpg"):
        file = data / "images/v" / SHARD / name
        assert not file.is_symlink()
        assert file.stat().st_nlink == 1
        assert sha256_of_file(file) == sha256_of_file(data / "in" / name)


@pytest.mark.parametrize(
    ("printed", "shown"),
    [
        ("b'\\x1b[31mred\\x1b[0m\\n'", "red"),
        ("b'\\x1b]0;title\\x07here\\n'", "here"),
        ("b'10 %\\r20 %\\n'", "20 %"),
        ("b'a\\x00b\\x08c\\n'", "a\ufffdb\ufffdc"),
        ("b'\\xff\\xfe\\n'", "\ufffd\ufffd"),
        ("'\\u202ereversed\\n'.encode()", "\ufffdreversed"),
        ("b'[anonymize] error: \\x1b[2Jfake\\n'", "[anonymize] error: fake"),
    ],
)
def test_the_log_shows_no_control_characters(data, capsys, printed, shown):
    code = COPY + f"sys.stdout.buffer.write({printed})\nsys.stdout.flush()\nraise SystemExit(1)"
    assert apply(data, program(data, code)) == 2
    last = lines(capsys, data)[-2:]
    assert last == [f"python: {shown}", f"command: python ended with 1; it said {shown!r}"]


def test_a_line_without_an_end_is_no_problem(data, capsys):
    code = COPY + "print('x' * 200_000, end='', flush=True)\nraise SystemExit(1)"
    assert apply(data, program(data, code)) == 2
    assert lines(capsys, data)[-1].startswith("command: python ended with 1; it said 'xxx")


DETACHED = """
import pathlib, subprocess, sys, time
code = "import time; time.sleep(900)"
child = subprocess.Popen([sys.executable, "-c", code], start_new_session=True)
pathlib.Path({mark!r}).write_text(str(child.pid))
"""


def is_running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


@pytest.mark.parametrize("ending", ["time.sleep(900)", "raise SystemExit(3)"])
def test_a_detached_child_that_holds_the_output_open_is_ended(data, capsys, ending):
    child = data / "child"
    settings = program(data, DETACHED.format(mark=str(child)) + ending)
    for seconds in (1, 10, 100):  # a busy machine may take long to start the program
        limit = {"timeout_minutes": seconds / 60} if "sleep" in ending else {}
        assert apply(data, settings | limit) == 2
        said = lines(capsys, data)
        if child.exists() and child.read_text():
            break
    assert "python: left 1 processes behind, which were ended" in said
    assert (
        f"did not finish within {seconds} s and was stopped" if limit else "ended with 3"
    ) in said[-1]
    assert not is_running(int(child.read_text()))


def test_what_a_killed_job_left_is_removed_by_the_next(data, capsys):
    code = START + f"import time\nopen({str(data / 'child')!r}, 'w').write(str(os.getpid()))\n"
    slow = program(data, code + "time.sleep(900)")
    command = [
        *(sys.executable, "-m", "workflow_scripts.anonymization", "apply"),
        *("--settings", json.dumps(slow), "--variant", "v"),
        *("--regions", data / f"{SHARD}.parquet", "--annotations", data / "train.coco.json"),
        *("--images", data / "in", "--shards", data / "shards.json", "--shard", SHARD),
        *("--output", data / "images/v" / SHARD),
    ]
    job = subprocess.Popen(list(map(str, command)), cwd=PROJECT, stderr=subprocess.DEVNULL)
    while not (data / "child").exists() or not (data / "child").read_text():
        assert job.poll() is None
        time.sleep(0.05)
    job.send_signal(signal.SIGKILL)
    job.wait()
    child = int((data / "child").read_text())
    (left,) = (data / "images/v").glob(".000-aaaaaaaa.????????")
    assert (left / ".command/input/a/0.png").exists()
    assert is_running(child)
    assert apply(data, {"method": "blackbox"}) == 0
    said = lines(capsys, data)
    assert (
        "{data}"
        + str(left).removeprefix(str(data))
        + (": removed leftovers of a killed job, with copies of 3 originals")
        in said
    )
    assert [path.name for path in (data / "images/v").iterdir()] == [SHARD]
    assert not is_running(child)
