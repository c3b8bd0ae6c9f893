"""The frame of the commands: help, errors, exit codes, logs."""

import pytest

from workflow_scripts.common.cli import Action, Command, dispatch
from workflow_scripts.common.errors import UserError
from workflow_scripts.contracts.settings.dataset import Dataset
from workflow_scripts.contracts.settings.training import Training


def command(settings=Dataset, label="") -> Command:
    return Command("workflow_scripts.something", "Do something.", settings, label)


def test_help_explains_the_settings_of_each_kind(capsys):
    with pytest.raises(SystemExit) as stop:
        command().run(lambda arguments: None, ["--help"])
    assert stop.value.code == 0
    said = capsys.readouterr().out
    assert "\n  kind (cityscapes; required): Cityscapes, or a folder in its layout.\n" in said
    assert "\n    root (Path; required): The folder that holds `leftImg8bit`" in said
    assert "\n    images (section; optional): How many scenes to draw.\n      train (int;" in said


def test_types_read_as_people_write_them(capsys):
    with pytest.raises(SystemExit):
        command(Training).run(lambda arguments: None, ["--help"])
    said = capsys.readouterr().out
    assert "initialisation (imagenet | drawn | none | Path; default 'imagenet')" in said
    assert "gradient_clip (float | null; default None)" in said
    assert "milestones (tuple[int, …]; default (36000,))" in said


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ('{"kind": "cityscapes"}', "error: --settings: root: missing"),
        ('{"kind": ', "error: --settings: not valid JSON"),
        ("nowhere.yaml", "error: nowhere.yaml: no such file"),
    ],
)
def test_bad_settings_are_one_line(capsys, settings, message):
    assert command().run(lambda arguments: None, ["--settings", settings]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert message in line


def test_settings_come_from_a_yaml_file_as_well(tmp_path):
    (tmp_path / "settings.yaml").write_text("kind: cityscapes\nroot: /data\n")
    seen = []
    path = str(tmp_path / "settings.yaml")
    assert (
        command().run(lambda arguments: seen.append(arguments.settings), ["--settings", path]) == 0
    )
    assert str(seen[0].root) == "/data"


def fail(error: BaseException):
    raise error


def test_a_users_error_is_a_line_and_a_bug_a_traceback(tmp_path, capsys):
    bare = command(None)
    log = tmp_path / "logs/job.log"
    arguments = ["--log", str(log)]
    assert bare.run(lambda _: fail(UserError("a.png: gone\nb.png: gone")), arguments) == 2
    assert [line.split("error: ")[1] for line in log.read_text().splitlines()] == [
        "a.png: gone",
        "b.png: gone",
    ]
    assert bare.run(lambda _: fail(RuntimeError("a bug")), arguments) == 1
    assert "Traceback" in log.read_text()
    assert "RuntimeError: a bug" in capsys.readouterr().err
    assert bare.run(lambda _: fail(KeyboardInterrupt()), arguments) == 130


def test_many_findings_are_cut_short():
    said = str(UserError.of([f"{number}.png" for number in range(50)]))
    assert said.splitlines()[-1] == "… and 30 more findings like these"


def test_the_label_names_arguments(capsys):
    labelled = command(None, "train {variant} seed {seed}")
    labelled.argument("--variant")
    labelled.argument("--seed")
    labelled.run(lambda _: fail(UserError("no")), ["--variant", "blur", "--seed", "3"])
    assert capsys.readouterr().err == "[train blur seed 3] error: no\n"


def test_an_unknown_action(capsys):
    with pytest.raises(SystemExit) as stop:
        dispatch("workflow_scripts.x", "Do.", {"go": Action("go on", lambda argv: 0)}, ["stay"])
    assert stop.value.code == 2
    assert "invalid choice: 'stay'" in capsys.readouterr().err
