"""A typed function as a command.

`cyclopts` turns its parameters into options. The help is formatted here, from the docstring, since
that of cyclopts imports rich, which doubles the start-up time.
"""

import difflib
import inspect
import re
import shutil
import textwrap
from collections.abc import Callable, Sequence
from typing import Any, Literal, get_args, get_origin

from cyclopts import App, ArgumentCollection, CycloptsError, Parameter
from cyclopts.exceptions import ConsumeMultipleError, MissingArgumentError, UnusedCliTokensError
from cyclopts.validators import Number


class ArgumentError(Exception):
    """An error in the arguments of a command, in one line."""


def option(
    metavar: str | None = None,
    help: str | None = None,
    *,
    many: bool | tuple[int, int | None] | None = None,
    at_least: float | None = None,
    above: float | None = None,
    below: float | None = None,
) -> Parameter:
    """Metadata of a parameter, for `Annotated`.

    Args:
        metavar: placeholder of the value in the help.
        help: help shared by several commands; otherwise, it is in the command's docstring.
        many: whether one option takes several values, as separate words; or their minimum and
            maximum number.
        at_least: smallest value.
        above: exclusive lower limit.
        below: exclusive upper limit; required for a number with a lower limit.
    """
    limits = _given(gte=at_least, gt=above)
    validator = Number(**limits, lt=below or 10**9) if limits or below else None
    # Even None passed to Parameter would hide the docstring's text.
    given = _given(metavar=metavar, help=help, consume_multiple=many, validator=validator)
    return Parameter(**given)


def _given(**values: Any) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}


class Command:
    """A function as a command.

    Args:
        function: its docstring (Google style) becomes the help. Indented lines of the docstring are
            examples.
        parameters: the options, with annotations for `cyclopts`; those of the function, possibly
            with more.
        name: typed command, such as `python -m program action`.
        other_program: name of the program that gets the arguments after `--`, if the command has a
            parameter `*args` of this name; empty for none.
    """

    def __init__(
        self,
        function: Callable[..., Any],
        parameters: Sequence[inspect.Parameter],
        name: str,
        other_program: str = "",
    ) -> None:
        self.name = name
        self._other_program = other_program

        def command() -> None:
            """Stand-in for the function; cyclopts reads the signature set below."""

        # Each paragraph becomes one line, to be wrapped at the terminal's width.
        text = inspect.cleandoc(function.__doc__ or "")
        command.__doc__ = re.sub(r"(?<=\S)\n(?=\S)", " ", text)
        command.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
        command.__annotations__ = {one.name: one.annotation for one in parameters}
        self._app = App(
            name=name,
            help_flags=(),
            version_flags=(),
            default_parameter=Parameter(negative=()),
        )
        self._app.default(command)

    @property
    def arguments(self) -> ArgumentCollection:
        """The arguments in cyclopts' form."""
        return self._app.assemble_argument_collection()

    def parse(self, argv: Sequence[str]) -> inspect.BoundArguments:
        """The values of the parameters, defaults included.

        Raises:
            ArgumentError: the arguments are invalid.
        """
        try:
            _, bound, _ = self._app.parse_args(argv, exit_on_error=False, print_error=False)
        except CycloptsError as error:
            raise ArgumentError(_one_line(error, self._app, argv, self._other_program)) from None
        bound.apply_defaults()
        return bound

    def help(self) -> str:
        """The help, as wide as the terminal."""
        app, name = self._app, self.name
        width = shutil.get_terminal_size((100, 24)).columns
        docstring = inspect.cleandoc(app.default_command.__doc__ or "")
        described = dict(re.findall(r"^    (\w+): (.+(?:\n {5,}.+)*)", docstring, re.M))
        before, behind, options = "", "", []
        for one in self.arguments:
            field, parameter = one.field_info, one.parameter
            metavar = parameter.metavar or "VALUE"
            if get_origin(one.hint) is Literal:
                metavar = "|".join(map(str, get_args(one.hint)))
            usage = one.name or metavar
            if usage.startswith("--") and field.annotation is not bool:
                usage += f" {metavar}"
            several = parameter.consume_multiple or field.kind is field.VAR_POSITIONAL
            if several or Ellipsis in get_args(one.hint):  # such as tuple[Path, ...]
                usage += " …"
            text = " ".join((parameter.help or described.get(field.name, "")).split()).rstrip(".")
            default = f" (default: {_shown(field.default)})" if _shown(field.default) else ""
            if text.partition(" ")[0].isalpha():  # not a path
                text = text[0].upper() + text[1:]
            text = f"{text}{default}".strip()
            options.append(f"{'*' if one.required else ' '} {usage}")
            options += textwrap.wrap(text, width, initial_indent=" " * 8, subsequent_indent=" " * 8)
            if one.required:
                before += f"{usage} "
            elif field.name == self._other_program:
                behind = f" [-- {usage}]".replace("- ", "-\xa0")  # on one line
            elif not usage.startswith("--"):
                before += f"[{usage}] "
        usage = f"Usage: {name} {before}[options]{behind}"
        lines = textwrap.wrap(usage, width, subsequent_indent=" " * 4, break_on_hyphens=False)
        lines = [line.replace("\xa0", " ") for line in lines]
        lines.append("")
        for line in re.split(r"\n\n(?:Args|Raises):", docstring)[0].split("\n"):
            # Indented lines are kept as examples.
            lines += [line] if line.startswith(" ") else textwrap.wrap(line, width) or [""]
        return "\n".join([*lines, "", "Options (* required):", *options])


def _shown(default: Any) -> str:
    """A default in the form in which it is typed; empty for none."""
    if default is None or default is False or default is inspect.Parameter.empty:
        return ""
    return " ".join(map(str, default)) if isinstance(default, tuple) else str(default)


def _one_line(error: CycloptsError, app: App, argv: Sequence[str], other_program: str) -> str:
    """Description of an error in the arguments."""
    arguments = app.assemble_argument_collection()
    known = {name for argument in arguments for name in argument.names}
    options = [word.partition("=")[0] for word in before_dashes(argv) if word.startswith("--")]
    unknown = [option for option in options if option not in known]
    if unknown:
        near = difflib.get_close_matches(unknown[0], known, n=1)
        message = f"unknown option {unknown[0]}" + (f", did you mean {near[0]}?" if near else "")
        takes_more = any(one.field_info.name == other_program for one in arguments)
        return message + f" (arguments of {other_program} go after `--`)" * takes_more
    first = error.argument
    if type(error) is MissingArgumentError and first is not None and first.name not in options:
        needed = [one for one in arguments if one.required and one.name not in options]
        absent = [one.name for one in needed if one.name == first.name or one.name.startswith("--")]
        return f"missing: {', '.join(absent)}{_order(arguments, argv)}"
    if isinstance(error, UnusedCliTokensError):
        return f"unexpected: {' '.join(error.unused_tokens or ())}"
    # For an option with several values, cyclopts quotes the tuple.
    text = re.sub(r'"\((.+?),?\)"', r'"\1"', " ".join(str(error).split()))
    order = _order(arguments, argv) if isinstance(error, ConsumeMultipleError) else ""
    return text.rstrip(".") + order


def _order(arguments: ArgumentCollection, argv: Sequence[str]) -> str:
    """The order to type, if an option may have taken the values of a required argument."""
    names = [one.name for one in arguments if one.required and not one.name.startswith("--")]
    takers = {one.name for one in arguments if one.parameter.consume_multiple}
    taker = next((word for word in argv if word.partition("=")[0] in takers), None)
    if not names or taker is None or not argv[0].startswith("--"):
        return ""
    return f"; {' '.join(names)} goes before {taker}, which takes the words after it"


def before_dashes(argv: Sequence[str]) -> Sequence[str]:
    """The arguments before `--`, which separates those of another program."""
    return argv[: argv.index("--")] if "--" in argv else argv
