"""The frame of every stage's command: its arguments, its log, and how it ends."""

import argparse
import faulthandler
import json
import sys
import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

import yaml

from workflow_scripts.common.console import log, start_logging
from workflow_scripts.common.errors import UserError
from workflow_scripts.common.section import describe_fields, validate
from workflow_scripts.contracts.usage import Recorder

EXIT_SAVED = 75
"""Ends a command that saved its state and goes on when run again: EX_TEMPFAIL of sysexits.h."""


class Command:
    """One command, `python -m workflow_scripts.<stage> [<action>] …`, with its arguments.

    Args:
        name: as it is typed after `python -m`, for the help.
        description: what it does, for `--help`.
        settings: the config section (or union of sections) that `--settings` takes, when there is
            one. Its fields are explained in the help.
        label: what stands before each message; the command's name if it is not given. It may name
            arguments, as in `train {variant} seed {seed}`.
    """

    def __init__(self, name: str, description: str, settings: Any = None, label: str = "") -> None:
        self.settings = settings
        self.label = label or name.removeprefix("workflow_scripts.")
        self.parser = argparse.ArgumentParser(
            prog=f"python -m {name}",
            description=description,
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        if settings is not None:
            self.parser.epilog = f"settings:\n{describe_fields(settings)}"
            self.parser.add_argument(
                "--settings",
                default="{}",
                metavar="JSON|FILE",
                help="the section of the config that this stage reads: JSON, or a JSON or YAML "
                "file; what is left out has its default (see below)",
            )
        self.parser.add_argument(
            "--log", type=Path, metavar="FILE", help="keep the messages in this file too"
        )

    def argument(self, *names: str, **options) -> None:
        """Add an argument, as `argparse.ArgumentParser.add_argument` takes it."""
        self.parser.add_argument(*names, **options)

    def run(
        self, main: Callable[[argparse.Namespace], int | None], argv: Sequence[str] | None = None
    ) -> int:
        """Parse, run `main`, and return the exit code: 0, 2 for a user's error, 1 for a bug."""
        arguments = self.parser.parse_args(argv)
        start_logging(self.label.format_map(vars(arguments)), arguments.log)
        given = vars(arguments)
        recorder = Recorder.of(arguments.log, given.get("gpus"), given.get("threads"))
        code = self._run(main, arguments)
        if recorder is not None:
            recorder.end(code)
        return code

    def _run(
        self, main: Callable[[argparse.Namespace], int | None], arguments: argparse.Namespace
    ) -> int:
        try:
            if self.settings is not None:
                arguments.settings = read_settings(self.settings, arguments.settings)
            return main(arguments) or 0
        except UserError as error:
            for line in str(error).splitlines():
                log.error("error: %s", line)
            return 2
        except KeyboardInterrupt:
            log.error("interrupted")
            return 130
        except Exception:  # a bug: the log has to hold it as well as the terminal
            log.error("%s", traceback.format_exc().rstrip())
            return 1


@dataclass(frozen=True)
class Action:
    """One of several things that a stage's command can do."""

    meaning: str
    """For the list of actions, without a full stop."""
    run: Callable[[Sequence[str]], int]
    """Takes the arguments behind the action's name, returns the exit code."""


def dispatch(
    name: str, description: str, actions: Mapping[str, Action], argv: Sequence[str] | None
) -> int:
    """Run the action that the first argument names, and return its exit code."""
    parser = argparse.ArgumentParser(
        prog=f"python -m {name}",
        description=description,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog="actions:\n"
        + "\n".join(f"  {action:10} {actions[action].meaning}" for action in actions)
        + "\n\n`<action> --help` explains an action.",
    )
    parser.add_argument("action", choices=actions, metavar="action", help="see below")
    parser.add_argument("arguments", nargs=argparse.REMAINDER, help="of the action")
    arguments = parser.parse_args(argv)
    return actions[arguments.action].run(arguments.arguments)


def read_settings(kind: Any, source: str) -> Any:
    """Make a `kind` from JSON text, or from a JSON or YAML file.

    Raises:
        UserError: a line a finding, each with its key.
    """
    where = "--settings"
    if source.lstrip().startswith(("{", "[", '"')):
        try:
            content = json.loads(source)
        except ValueError as error:
            raise UserError(f"--settings: not valid JSON ({error})") from None
    else:
        where = source
        content = read_yaml(Path(source))
    return validate(kind, content, where)


def read_yaml(path: Path) -> Any:
    """Read a YAML (or JSON) file.

    Raises:
        UserError: it is missing or not YAML.
    """
    try:
        return yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise UserError(f"{path}: no such file") from None
    except yaml.YAMLError as error:
        raise UserError(f"{path}: not valid YAML ({' '.join(str(error).split())})") from None


def main_of(command: Callable[[], int]) -> NoReturn:
    """Run `command` with the process's arguments and end the process with its exit code."""
    faulthandler.enable()
    sys.exit(command())
