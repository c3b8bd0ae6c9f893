"""The frame of every command: its arguments, its log, and how it ends.

A command is a function with typed parameters: `cyclopts` makes options of them, and its help from
the docstring. A program's commands stand in one table, by the words that are typed.
"""

import ast
import difflib
import importlib
import inspect
import re
import shutil
import sys
import textwrap
import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Annotated, Any, Literal, NoReturn, TypeVar, get_args, get_origin, get_type_hints

from cyclopts import App, CycloptsError, Parameter
from cyclopts.exceptions import MissingArgumentError, UnusedCliTokensError
from cyclopts.validators import Number

from workflow_scripts.common.console import log, start_logging
from workflow_scripts.common.errors import UserError
from workflow_scripts.common.files import explained
from workflow_scripts.common.texts import read_given

ROOT = Path(__file__).resolve().parents[2]

EXIT_SAVED = 75
"""Exit code of a command that saved its state and resumes when run again: EX_TEMPFAIL of
sysexits.h."""

Kind = TypeVar("Kind")
_SETTINGS = object()

Settings = Annotated[Kind, _SETTINGS]
"""The section of the config (or union of sections) that `--settings` takes. The help explains its
fields."""


def option(
    metavar: str | None = None,
    help: str | None = None,
    *,
    many: bool | tuple[int, int | None] | None = None,
    at_least: float | None = None,
    above: float | None = None,
    below: float | None = None,
) -> Parameter:
    """What stands beside a parameter's type, in `Annotated`.

    Args:
        metavar: stands for the value in the help.
        help: text of several commands; that of a single one stands in its docstring.
        many: several values behind one option, as separate words; or how many, from and to.
        at_least: smallest value.
        above: what the value exceeds.
        below: what exceeds the value; a number with a lower limit has an upper one, too.
    """
    limits = _given(gte=at_least, gt=above)
    validator = Number(**limits, lt=below or 10**9) if limits or below else None
    # What is passed to Parameter counts, None included: it would hide the docstring's text.
    given = _given(metavar=metavar, help=help, consume_multiple=many, validator=validator)
    return Parameter(**given)


def _given(**values: Any) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}


File = Annotated[Path, option("FILE")]
Folder = Annotated[Path, option("FOLDER")]
Files = Annotated[tuple[Path, ...], option("FILE", many=True)]
"""Any number of files behind one option, none included."""
Folders = Annotated[tuple[Path, ...], option("FOLDER", many=(1, None))]
Names = Annotated[tuple[str, ...], option("VARIANT", many=True)]
"""Any number of variants behind one option, none included."""
Count = Annotated[int, option("N", at_least=0)]
Positive = Annotated[int, option("N", at_least=1, below=10_000)]
Threads = Annotated[int, option("N", "CPU threads.", at_least=1, below=10_000)]
Seed = Annotated[int, option("N", at_least=0, below=10**18)]
Behind = Annotated[str, option("ARGUMENT")]
"""What stands behind `--`, for another program."""

_SETTINGS_OPTION = Parameter(
    metavar="JSON|FILE",
    help="Section of the config that this command reads: JSON, or a JSON or YAML file. Keys that "
    "are left out have their defaults (see below).",
)
_LOG_OPTION = Parameter(metavar="FILE", help="File that keeps the messages too.")

_labels: dict[Callable[..., Any], str] = {}

Ending = Callable[[int], None]
"""Is told the exit code of a command that ends."""


def labelled(label: str) -> Callable[[Kind], Kind]:
    """Set what stands before each message of a command, instead of the command's name.

    Args:
        label: may name parameters, as in `train {variant} seed {seed}`.
    """

    def keep(function: Any) -> Any:
        _labels[function] = label
        return function

    return keep


@dataclass(frozen=True)
class Program:
    """`python -m <name>`: several commands in one table.

    Attributes:
        name: module that Python runs.
        description: one paragraph, for the list of commands.
        commands: `module:function` of each command, by the words that are typed.
        started: is called with the parameters of a command that starts, and returns what is to be
            told its exit code, if anything.
    """

    name: str
    description: str
    commands: Mapping[str, str]
    started: Callable[[Mapping[str, Any]], Ending | None] = lambda parameters: None

    def run(self, argv: Sequence[str] | None = None) -> int:
        """Run the command that the arguments name, those of the process by default.

        Returns:
            The exit code: 0, 2 for a user's error, 1 for a bug, or the command's own.
        """
        words = list(sys.argv[1:] if argv is None else argv)
        for count in (2, 1):
            path = " ".join(words[:count])
            if path in self.commands:
                return self._run(path, words[count:])
        group = words[0] if words and not words[0].startswith("-") else ""
        asked = words[1:2] if group else words[:1]
        if asked in ([], ["--help"], ["-h"]) and (listing := self._listing(group)):
            print(listing)
            return 0
        typed = " ".join(words[:2] if self._listing(group) else words[:1])
        near = difflib.get_close_matches(typed, self.commands, n=1)
        hint = f"did you mean {near[0]!r}?" if near else f"python -m {self.name} lists them"
        print(f"error: there is no command {typed!r}; {hint}", file=sys.stderr)
        return 2

    def _listing(self, group: str) -> str:
        """The commands of a group, or all of them, one line each; empty for an unknown group."""
        chosen = [
            path for path in self.commands if f"{path} ".startswith(f"{group} " * bool(group))
        ]
        if not chosen:
            return ""
        width = max(map(len, chosen))
        lines = [f"  {path:{width}}  {_summary_of(self.commands[path])}" for path in chosen]
        usage = " ".join(filter(None, (f"python -m {self.name}", group, "COMMAND …")))
        return "\n".join(
            [
                f"Usage: {usage}",
                "",
                self.description,
                "",
                *lines,
                "",
                "COMMAND --help explains one.",
            ]
        )

    def _run(self, path: str, argv: Sequence[str]) -> int:
        module, _, name = self.commands[path].partition(":")
        function = getattr(importlib.import_module(module), name)
        app, settings = _app_of(function, f"python -m {self.name} {path}")
        if {"--help", "-h"} & set(_before_dashes(argv)):
            print(_help_of(app, f"python -m {self.name} {path}"))
            if settings is not None:
                from workflow_scripts.common.section import describe_fields  # noqa: PLC0415

                print(f"\nsettings:\n{describe_fields(settings)}")
            return 0
        try:
            _, bound, _ = app.parse_args(argv, exit_on_error=False, print_error=False)
        except CycloptsError as error:
            message = _one_line(error, app, argv)
            hint = f"python -m {self.name} {path} --help"
            print(f"[{path}] error: {message}; see {hint}", file=sys.stderr)
            return 2
        bound.apply_defaults()
        log_file = bound.arguments.pop("log")
        parameters = {"log": log_file, **bound.arguments}
        label = _labels.get(function, path).format_map(parameters)
        code = _exit_code(partial(start_logging, label, log_file))
        if code:
            return code
        ending = self.started(parameters)
        code = _exit_code(partial(_call, function, settings, bound))
        if ending is not None:
            ending(code)
        return code

    def main(self, argv: Sequence[str] | None = None) -> NoReturn:
        """Run a command and end the process with its exit code."""
        import faulthandler  # noqa: PLC0415

        faulthandler.enable()
        sys.exit(self.run(argv))


def _summary_of(target: str) -> str:
    """The first line of a command's docstring, without importing its module."""
    module, _, name = target.partition(":")
    tree = ast.parse(ROOT.joinpath(*module.split(".")).with_suffix(".py").read_text("utf-8"))
    (function,) = (
        node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == name
    )
    return (ast.get_docstring(function) or "").partition("\n")[0].removesuffix(".")


def _app_of(function: Callable[..., Any], name: str) -> tuple[App, Any]:
    """The parser of a command; and what its `--settings` takes, None if it has no such option."""
    hints = get_type_hints(function, include_extras=True)
    parameters, settings = [], None
    for parameter in inspect.signature(function).parameters.values():
        hint = hints[parameter.name]
        if get_origin(hint) is Annotated and _SETTINGS in get_args(hint):
            settings = hint
            option_of_settings = Annotated[str, _SETTINGS_OPTION]
            parameters.append(parameter.replace(annotation=option_of_settings, default="{}"))
        else:
            parameters.append(parameter.replace(annotation=hint))
    parameters.append(
        inspect.Parameter(
            "log",
            inspect.Parameter.KEYWORD_ONLY,
            default=None,
            annotation=Annotated[Path | None, _LOG_OPTION],
        )
    )

    def command() -> None:
        """Stands for the function; cyclopts reads the signature that is set below."""

    # Its paragraphs become one line each; the terminal's width breaks them.
    text = inspect.cleandoc(function.__doc__ or "")
    command.__doc__ = re.sub(r"(?<=\S)\n(?=\S)", " ", text)
    command.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    command.__annotations__ = {one.name: one.annotation for one in parameters}
    app = App(
        name=name,
        help_flags=(),
        version_flags=(),
        default_parameter=Parameter(negative=()),
    )
    app.default(command)
    return app, settings


def _help_of(app: App, name: str) -> str:
    """The help of a command; cyclopts' own imports rich, which takes as long as all the rest."""
    width = shutil.get_terminal_size((100, 24)).columns
    docstring = inspect.cleandoc(app.default_command.__doc__ or "")
    described = dict(re.findall(r"^    (\w+): (.+(?:\n {5,}.+)*)", docstring, re.M))
    required, options = "", []
    for one in app.assemble_argument_collection():
        field, parameter = one.field_info, one.parameter
        metavar = parameter.metavar or "VALUE"
        if get_origin(one.hint) is Literal:
            metavar = "|".join(map(str, get_args(one.hint)))
        usage = one.name or metavar
        if usage.startswith("--") and field.annotation is not bool:
            usage += f" {metavar}"
        if parameter.consume_multiple or field.kind is field.VAR_POSITIONAL:
            usage += " …"
        text = " ".join((parameter.help or described.get(field.name, "")).split()).rstrip(".")
        default = f" (default: {_shown(field.default)})" if _shown(field.default) else ""
        if text.partition(" ")[0].isalpha():  # not a path
            text = text[0].upper() + text[1:]
        text = f"{text}{default}".strip()
        options.append(f"{'*' if one.required else ' '} {usage}")
        options += textwrap.wrap(text, width, initial_indent=" " * 8, subsequent_indent=" " * 8)
        required += f"{usage} " if one.required else ""
    lines = textwrap.wrap(f"Usage: {name} {required}[options]", width, subsequent_indent=" " * 4)
    lines.append("")
    for line in re.split(r"\n\n(?:Args|Raises):", docstring)[0].split("\n"):
        # Indented lines are examples.
        lines += [line] if line.startswith(" ") else textwrap.wrap(line, width) or [""]
    return "\n".join([*lines, "", "Options (* required):", *options])


def _shown(default: Any) -> str:
    """A default as it is typed; empty for none."""
    if default is None or default is False or default is inspect.Parameter.empty:
        return ""
    return " ".join(map(str, default)) if isinstance(default, tuple) else str(default)


def _call(function: Callable[..., Any], settings: Any, bound: inspect.BoundArguments) -> int | None:
    if settings is not None:
        from workflow_scripts.common.section import validate  # noqa: PLC0415 - pydantic is slow

        content, where = read_given(bound.arguments["settings"], "--settings")
        bound.arguments["settings"] = validate(settings, content, where)
    return function(*bound.args, **bound.kwargs)


def _exit_code(command: Callable[[], int | None]) -> int:
    """Run a command; its errors become messages and exit codes."""
    try:
        with explained():
            return command() or 0
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


def _one_line(error: CycloptsError, app: App, argv: Sequence[str]) -> str:
    """What is wrong with the arguments."""
    arguments = app.assemble_argument_collection()
    known = {name for argument in arguments for name in argument.names}
    options = [word.partition("=")[0] for word in _before_dashes(argv) if word.startswith("--")]
    unknown = [option for option in options if option not in known]
    if unknown:
        near = difflib.get_close_matches(unknown[0], known, n=1)
        message = f"unknown option {unknown[0]}" + (f", did you mean {near[0]}?" if near else "")
        takes_more = any(one.field_info.kind is one.field_info.VAR_POSITIONAL for one in arguments)
        return message + " (arguments of snakemake stand behind `--`)" * takes_more
    first = error.argument
    if type(error) is MissingArgumentError and first is not None and first.name not in options:
        needed = [one for one in arguments if one.required and one.name not in options]
        absent = [one.name for one in needed if one.name == first.name or one.name.startswith("--")]
        return f"missing: {', '.join(absent)}"
    if isinstance(error, UnusedCliTokensError):
        return f"unexpected: {' '.join(error.unused_tokens or ())}"
    # Of an option with several values, cyclopts quotes the tuple.
    text = re.sub(r'"\((.+?),?\)"', r'"\1"', " ".join(str(error).split()))
    return text.rstrip(".")


def _before_dashes(argv: Sequence[str]) -> Sequence[str]:
    """The arguments up to `--`, which separates those of another program."""
    return argv[: argv.index("--")] if "--" in argv else argv
