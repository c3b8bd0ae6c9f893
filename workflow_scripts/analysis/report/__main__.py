"""`python -m workflow_scripts.analysis.report html|figures|compare|provenance`: what an experiment found."""

import argparse
import json
from collections.abc import Sequence
from pathlib import Path

from workflow_scripts.analysis.report import compare
from workflow_scripts.analysis.report.drawn import FIGURES
from workflow_scripts.analysis.report.page import render
from workflow_scripts.analysis.report.provenance import provenance_of
from workflow_scripts.analysis.report.results import PROVENANCE, read_results
from workflow_scripts.common.cli import Action, Command, dispatch, main_of, read_yaml
from workflow_scripts.common.console import log
from workflow_scripts.common.errors import UserError
from workflow_scripts.common.figures import save, say, style
from workflow_scripts.common.files import write_json, write_text
from workflow_scripts.contracts.settings.report import Report

NAME = "workflow_scripts.analysis.report"


def main(argv: Sequence[str] | None = None) -> int:
    """Run the action that the first argument names; returns its exit code."""
    return dispatch(NAME, "Show what an experiment found.", ACTIONS, argv)


def _command(action: str, description: str, settings: type | None = None) -> Command:
    command = Command(f"{NAME} {action}", description, settings)
    command.argument("results", type=Path, metavar="FOLDER", help="results/<experiment>")
    return command


def _add_tables(command: Command) -> None:
    command.argument(
        "--tables",
        type=Path,
        metavar="FOLDER",
        help="where table_2.json and verdict.json lie (default: the folder `tables` in there)",
    )


def _html_command() -> Command:
    command = _command(
        "html", "Make one self-contained page of all that the folder holds.", settings=Report
    )
    _add_tables(command)
    command.argument(
        "--provenance",
        type=Path,
        metavar="FILE",
        help="a provenance.json (default: that of the results' folder, if there is one)",
    )
    command.argument(
        "--output",
        type=Path,
        metavar="FILE",
        help="the page (default: report.html in the results' folder)",
    )
    return command


def _html(arguments: argparse.Namespace) -> None:
    results = read_results(arguments.results, arguments.tables, arguments.provenance)
    output = arguments.output or arguments.results / "report.html"
    page = render(results, bool(arguments.settings.show_originals))
    write_text(output, page)
    unfinished = len(results.unfinished)
    log.info("%s: %.1f MB", output, len(page.encode()) / 1e6)
    if unfinished:
        log.warning(
            "%d of %d runs are missing; the report lists them", unfinished, len(results.runs)
        )


def _figures_command() -> Command:
    command = _command("figures", "Draw the figures of the results, as svg and png.")
    _add_tables(command)
    command.argument(
        "--output",
        type=Path,
        metavar="FOLDER",
        help="where they go (default: the folder `figures` in the results' folder)",
    )
    return command


def _figures(arguments: argparse.Namespace) -> None:
    results = read_results(arguments.results, arguments.tables)
    if results.verdict is None:
        raise UserError(f"{arguments.results}: no tables/verdict.json; make it first, or --tables")
    folder = arguments.output or arguments.results / "figures"
    for figure in FIGURES:
        panels = figure.panels(results)
        with style(figure.NAME):
            drawn = (
                figure.draw(results, panels, figure.COLUMNS, figure.WIDTH)
                if panels
                else say("No data for this figure.")
            )
            save(drawn, folder, figure.NAME)
    log.info("%s: %d figures", folder, len(FIGURES))


def _provenance_command() -> Command:
    command = _command("provenance", "Write down what the numbers of an experiment come from.")
    command.argument(
        "--config",
        required=True,
        metavar="JSON|FILE",
        help="the experiment's config, as JSON, or a YAML file",
    )
    command.argument(
        "--output",
        type=Path,
        metavar="FILE",
        help=f"the record (default: {PROVENANCE} in the results' folder)",
    )
    return command


def _provenance(arguments: argparse.Namespace) -> None:
    source = arguments.config
    config = json.loads(source) if source.startswith("{") else read_yaml(Path(source))
    output = arguments.output or arguments.results / PROVENANCE
    write_json(output, provenance_of(read_results(arguments.results), config))
    log.info("%s", output)


def _compare_command() -> Command:
    command = Command(
        f"{NAME} compare", "Put experiments beside each other: one table, and one plot."
    )
    command.argument(
        "results", type=Path, nargs="+", metavar="FOLDER", help="results/<experiment>, two or more"
    )
    command.argument(
        "--output",
        type=Path,
        metavar="FOLDER",
        help="where compare.csv, .md, .svg and .png go; without it the table is printed",
    )
    return command


def _compare(arguments: argparse.Namespace) -> None:
    rows = compare.rows_of(compare.read_experiments(arguments.results))
    if not rows:
        raise UserError("there is no variant beside the references; nothing to compare")
    if arguments.output is None:
        print(compare.as_text(rows, "simple"), end="")
        return
    stem = arguments.output / compare.NAME
    write_text(stem.with_suffix(".csv"), compare.as_table(rows).to_csv(index=False))
    write_text(stem.with_suffix(".md"), compare.as_text(rows, "pipe"))
    with style(compare.NAME):
        save(compare.draw(rows), arguments.output, compare.NAME)
    log.info("%s.{csv,md,svg,png}: %d variants", stem, len(rows))


ACTIONS = {
    "html": Action("one page to hand on", lambda argv: _html_command().run(_html, argv)),
    "figures": Action("for papers", lambda argv: _figures_command().run(_figures, argv)),
    "compare": Action(
        "experiments beside each other", lambda argv: _compare_command().run(_compare, argv)
    ),
    "provenance": Action(
        "config, code, versions, runs and hashes",
        lambda argv: _provenance_command().run(_provenance, argv),
    ),
}


if __name__ == "__main__":
    main_of(main)
