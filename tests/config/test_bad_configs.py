"""Config files that are wrong: each is one line, from `config` and from Snakemake's dry run."""

import itertools
from pathlib import Path

import pytest

from tests.workflow import PROJECT
from workflow_scripts.common.errors import UserError
from workflow_scripts.common.texts import read_yaml
from workflow_scripts.config.experiment import read_experiment

DEMO = (PROJECT / "profiles/demo/experiment.yaml").read_text()


def line_of(text: str) -> int:
    """Number of the first line of the demonstration's config that starts with a text."""
    return next(n for n, line in enumerate(DEMO.splitlines(), 1) if line.startswith(text))


def with_line(start: str, line: str) -> str:
    """The demonstration's config with another line in place of the one that starts so."""
    lines = DEMO.splitlines()
    lines[line_of(start) - 1] = line
    return "\n".join(lines) + "\n"


SEEDS = line_of("seeds:")
VARIANTS = line_of("variants:") + 1
LAUGHS = "".join(
    f"{name}: &{name} [{', '.join([f'*{before}'] * 10)}]\n"
    for before, name in itertools.pairwise("abcdef")
)


@pytest.mark.parametrize(
    ("content", "line"),
    [
        (DEMO.encode("utf-16"), "line 1: not UTF-8; save it as UTF-8"),
        (b"a: 1\n# \xfc\n", "line 2: not UTF-8; save it as UTF-8"),
        ("a: &a\n  b: *a\n", "line 1: a.b: contains itself, by an alias"),
        ("a: &a [*a]\n", "line 1: a.0: contains itself, by an alias"),
        (f"a: &a [{'1, ' * 10}]\n{LAUGHS}", "more than 100000 values; its aliases multiply"),
        ("[" * 5000, "not valid YAML (nested too deeply)"),
        ("a: \0", "not valid YAML (unacceptable character #x0000: special characters are not"),
        ("a: [1", "not valid YAML (while parsing a flow sequence"),
        ("a: 1\n---\nb: 2\n", "not valid YAML (expected a single document in the stream"),
        ("a: !!python/object:os.system {}", "not valid YAML (could not determine a constructor"),
        ("a: 2024-99-99", "not valid YAML (month must be in 1..12)"),
        ("", "keys with values are expected (found None)"),
        ("- 1\n", "keys with values are expected (found a list)"),
        ("experiment", "keys with values are expected (found 'experiment')"),
        (f"{DEMO}seeds: 4\n", f"seeds: it is there already, in line {SEEDS}; keep one of them"),
        (with_line("seeds:", "seeds: 010"), "seeds: YAML reads 010 as 8; write 8, or put it in qu"),
        (with_line("seeds:", "seeds: [1, 1:30]"), "seeds.1: YAML reads 1:30 as 90; write 90, or"),
        (with_line("seeds:", "seeds: 1:30.5"), "seeds: YAML reads 1:30.5 as 90.5; write 90.5, or"),
        (with_line("seeds:", "seeds: yes"), "seeds: Input should be a number (found true; YAML re"),
        (with_line("seeds:", "seeds: [1, on]"), "seeds.1: Input should be a number (found true;"),
        (with_line("seeds:", "seeds: 1000000000"), "seeds: Input should be less than or equal to"),
        (with_line("seeds:", "seeds: 2.5"), "seeds: Input should be a valid integer, got a number"),
        (with_line("seeds:", "seeds: .inf"), "seeds: Input should be a finite number (found inf)"),
        (with_line("seeds:", "seeds: 1e3"), "seeds: Input should be a valid integer, unable to pa"),
        (with_line("seeds:", "seeds: [-1]"), "seeds.0: Input should be greater than 0 (found -1)"),
        (
            with_line("variants:", "variants:\n  no: {method: blur}"),
            f"line {VARIANTS}: variants.no: YAML does not take this name for text; put it in quot",
        ),
        (
            with_line("variants:", "variants:\n  on: {method: blur}"),
            f"line {VARIANTS}: variants.on: YAML does not take this name for text; put it in quot",
        ),
        (
            with_line("variants:", "variants:\n  1: {method: blur}"),
            f"line {VARIANTS}: variants.1: YAML does not take this name for text; put it in quote",
        ),
    ],
)
def test_a_bad_file_is_one_line(tmp_path: Path, content: str | bytes, line: str) -> None:
    path = tmp_path / "mine.yaml"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(UserError) as error:
        read_experiment(read_yaml(path), str(path))
    (said,) = str(error.value).splitlines()
    assert said.startswith(f"{path}: ")
    assert line in said


def test_a_byte_order_mark_and_a_bare_on_are_understood(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text("\ufeff" + with_line("evaluation:", "evaluation:\n  on: [unmodified]"))
    content = read_yaml(path)
    assert content["evaluation"][True] == ["unmodified"]
