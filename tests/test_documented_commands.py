"""Every command in documents, configs, help texts and messages is one that its program accepts."""

import argparse
import ast
import functools
import re
import shlex
from pathlib import Path

import pytest
from snakemake.cli import get_argument_parser, parse_config

from tests.test_documents import DOCUMENTS
from tests.workflow import PROJECT
from workflow_scripts.__main__ import COMMANDS, PROGRAM
from workflow_scripts.common import cli

SITE = "profiles/slurm/site.yaml"
P = "--profile profiles/slurm --profile my-site.yaml"
"""What README.md and docs/slurm.md call $P."""
RULES = set(
    re.findall(
        r"^(?:rule|checkpoint) (\w+):|^use rule \w+ as (\w+)",
        "\n".join(
            path.read_text() for path in [PROJECT / "Snakefile", *(PROJECT / "rules").glob("*.smk")]
        ),
        re.M,
    )
)
TARGETS = {name for names in RULES for name in names if name}
START = r"(?:\w+=\S+ )*(?:snakemake|python -m workflow_scripts)(?=[ `\n])"
IN_BLOCK = re.compile(rf"^[ #]*(?:\$ |Next: )?({START} .*)$", re.M)
IN_SPAN = re.compile(rf"`({START}[^`]*)`")
IN_PROSE = re.compile(r"python -m workflow_scripts ([a-z]+ ?[a-z]*)")
COMMENTED = ("config.yaml", "profiles", "envs", "rules", "Snakefile", ".github", "benchmarks")
"""Files and folders with commands in comments."""


def commands_in(text: str) -> list[str]:
    """The commands that stand in a text, on lines of their own or between backticks."""
    text = re.sub(r"\\\n[ #]*", "", text)
    found = [*IN_BLOCK.findall(text)]
    # Spans may be broken over lines, also of comments.
    found += IN_SPAN.findall(re.sub(r"\n[ #]*", " ", text))
    commands = [re.split(r" +# |`", one)[0].strip() for one in found]
    return [one for one in commands if "<" not in one]


def strings_of(module: Path) -> list[str]:
    """The string constants of a module; what an f-string puts in reads X."""

    class Strings(ast.NodeVisitor):
        def __init__(self) -> None:
            self.found: list[str] = []

        def visit_JoinedStr(self, node: ast.JoinedStr) -> None:
            parts = [getattr(part, "value", None) for part in node.values]
            self.found.append("".join(part if isinstance(part, str) else "X" for part in parts))

        def visit_Constant(self, node: ast.Constant) -> None:
            if isinstance(node.value, str):
                self.found.append(node.value)

    visitor = Strings()
    visitor.visit(ast.parse(module.read_text(encoding="utf-8")))
    return visitor.found


def all_commands() -> list[tuple[str, str]]:
    """Each command with the file that it stands in."""
    files = [*DOCUMENTS]
    for name in COMMENTED:
        path = PROJECT / name
        files += [path] if path.is_file() else [one for one in path.rglob("*") if one.is_file()]
    found = [
        (file.relative_to(PROJECT).as_posix(), command)
        for file in files
        if file.suffix in {".md", ".yaml", ".yml", ".smk", ".py", ""}
        for command in commands_in(file.read_text(encoding="utf-8"))
    ]
    for module in sorted((PROJECT / "workflow_scripts").rglob("*.py")):
        for text in strings_of(module):
            name = module.relative_to(PROJECT).as_posix()
            found += [(name, command) for command in commands_in(text)]
    return sorted(set(found))


ALL = all_commands()


def words_of(command: str) -> list[str]:
    """The words of a command line, without variables before it.

    What a reader has to add, `…`, may be any arguments, also a target.
    """
    command = command.replace("$P", P).replace("…", "all")
    words = shlex.split(command)
    while "=" in words[0] and words[0].partition("=")[0].isupper():
        del words[0]
    return words


@functools.cache
def parser_of_snakemake() -> argparse.ArgumentParser:
    """Snakemake's own parser."""
    return get_argument_parser()


def check_snakemake(arguments: list[str]) -> None:
    """Check that Snakemake takes the arguments, each for what it is meant."""
    options = parser_of_snakemake().parse_args(arguments)
    for target in options.targets:
        assert target in TARGETS or target.startswith("results/"), f"no rule {target}"
    for file in options.configfile or []:
        assert str(file).endswith((".yaml", "YOUR_CONFIG", "X")), f"no config file: {file}"
    for profile in options.profile or []:
        known = (PROJECT / profile / "profile.yaml").is_file() or profile == "my-site.yaml"
        assert known, f"no profile: {profile}"
    parse_config(options.config or [])


@pytest.mark.parametrize(("file", "command"), ALL)
def test_commands_are_accepted(file, command, monkeypatch, capsys):
    words = words_of(command)
    if words[0] == "snakemake":
        check_snakemake(words[1:])
        return
    if " ".join(words[3:]) in {"", *COMMANDS}:
        return  # its name alone, in a sentence
    called = []
    monkeypatch.setattr(cli, "start_logging", lambda *_: None)
    monkeypatch.setattr(cli, "_call", lambda *call: called.append(call))
    assert PROGRAM.run(words[3:]) == 0, capsys.readouterr().err
    assert called
    if "--" in words:
        check_snakemake(words[words.index("--") + 1 :])


def test_messages_name_commands_that_exist():
    named = [
        (module.name, words.strip())
        for module in sorted((PROJECT / "workflow_scripts").rglob("*.py"))
        for text in strings_of(module)
        for words in IN_PROSE.findall(text)
    ]
    assert len(named) > 5
    unknown = [
        (module, words)
        for module, words in named
        if words not in COMMANDS and words.partition(" ")[0] not in COMMANDS
    ]
    assert unknown == []


@pytest.mark.parametrize(
    "command",
    [
        "snakemake --profile profiles/local --configfile config.yaml index_dataset",
        "snakemake --profile profiles/local --software-deployment-method conda doctor",
        "snakemake --profile profiles/local no_such_rule",
        "snakemake --profile profiles/none",
        "snakemake --config dataset.root=x",
    ],
)
def test_what_documents_once_said_is_refused(command):
    with pytest.raises((AssertionError, SystemExit, ValueError)):
        check_snakemake(words_of(command)[1:])


def test_commands_are_found():
    files = [file for file, _ in ALL]
    assert files.count("README.md") >= 12
    assert files.count("docs/slurm.md") >= 12
    assert {"config.yaml", SITE, "workflow_scripts/operations/commands/launch.py"} <= set(files)
