"""A program's output and end, and the package without the workflow."""

import subprocess
import sys
from pathlib import Path

import pytest
from program_runner import (
    ProgramError,
    ProgramTimeoutError,
    check_program,
    end_marked,
    masked,
    run_program,
    secrets_in,
)

SCRIPT = """
import sys
from program_runner import run_program, secrets_in
run_program([sys.executable, "-c", "print(1)"], print)
assert secrets_in("tool --token=abc") == ["abc"]
print(*sorted({"workflow_scripts", "snakemake", "torch", "numpy", "pydantic"} & set(sys.modules)))
"""


def python(code: str) -> list[str]:
    return [sys.executable, "-c", code]


def test_lines_are_told_and_the_last_one_is_part_of_the_error():
    told: list[str] = []
    with pytest.raises(ProgramError, match=r"ended with 2; it said 'b \*\*\*'"):
        run_program(python("print('a'); print('b key'); exit(2)"), told.append, secrets=["key"])
    assert told == ["a", "b ***"]


@pytest.mark.parametrize("fails", [pytest.param(True, marks=pytest.mark.slow), False])
def test_nothing_of_a_program_remains(tmp_path, fails):
    # It has left the group before the program goes on.
    detached = (
        f"cd '{tmp_path}'; setsid sh -c 'echo $$ >pid; exec sleep 900' & "
        "while [ ! -s pid ]; do sleep 0.01; done"
    )
    told: list[str] = []
    if fails:
        with pytest.raises(ProgramTimeoutError, match="did not finish within 5 s"):
            run_program(["sh", "-c", f"{detached}; wait"], told.append, timeout=5)
    else:
        run_program(["sh", "-c", detached], told.append)
    assert told == ["left 1 processes behind, which were ended"]
    process = Path("/proc") / (tmp_path / "pid").read_text().strip() / "stat"
    assert not process.exists() or " Z " in process.read_text()


def test_a_run_whose_caller_was_killed_is_found_by_its_mark():
    code = "import time; print(1, flush=True); time.sleep(900)"
    caller = (
        f"from program_runner import run_program\nrun_program({python(code)!r}, print, mark='m 1')"
    )
    folder = str(Path(__file__).parents[1])
    start = [sys.executable, "-u", "-c", f"import sys; sys.path[:0] = [{folder!r}]\n{caller}"]
    with subprocess.Popen(start, stdout=subprocess.PIPE) as killed:
        assert killed.stdout is not None
        assert killed.stdout.readline() == b"1\n"
        killed.kill()
    assert end_marked("m 1") == 1
    assert end_marked("m 1") == 0


def test_a_script_without_a_first_line_cannot_start(tmp_path):
    tool = tmp_path / "tool"
    tool.write_text("echo 1\n")
    tool.chmod(0o755)
    with pytest.raises(ProgramError, match="script without a first line such as #!/bin/sh"):
        check_program(str(tool))
    tool.write_text("#!/bin/sh\necho 1\n")
    check_program("./tool", tmp_path)


@pytest.mark.parametrize(
    ("command", "secrets"),
    [
        ("t --api-key abc", ["abc"]),
        ("t --token='a b'", ["a"]),
        ("PASSWORD=abc t", ["abc"]),
        ("t https://me:abc@host/", ["me:abc"]),
        ('t --token-file f --key "$KEY" --keyframes 3', []),
    ],
)
def test_secrets_are_what_follows_their_names(command, secrets):
    assert secrets_in(command) == secrets
    assert not any(secret in masked(command, secrets) for secret in secrets)


def test_what_is_masked_is_gone():
    assert masked("t --key ab cab", ["ab"]) == "t --key *** c***"


def test_the_package_works_without_the_workflow(tmp_path):
    start = f"import sys; sys.path[:0] = [{str(Path(__file__).parents[1])!r}]\n"
    done = subprocess.run(
        [sys.executable, "-I", "-c", start + SCRIPT],
        cwd=tmp_path, capture_output=True, text=True, check=False, timeout=600,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["1"]
