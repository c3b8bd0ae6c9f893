"""`python -m workflow_scripts.analysis.statistics <action>`: the same, different, or undecided."""

import argparse
import textwrap
from collections.abc import Sequence
from pathlib import Path

from tabulate import tabulate

from workflow_scripts.analysis.statistics import exposed_command, formats, next_command, planning
from workflow_scripts.analysis.statistics.arguments import add_runs, read_chosen_runs
from workflow_scripts.analysis.statistics.experiment import judge
from workflow_scripts.analysis.statistics.images import TestImages
from workflow_scripts.analysis.statistics.sources import samples_of_runs, samples_of_summary
from workflow_scripts.common.cli import Action, Command, dispatch, main_of
from workflow_scripts.common.console import log
from workflow_scripts.common.errors import UserError
from workflow_scripts.common.files import write_text
from workflow_scripts.contracts.matches import FILE_NAME, Matches
from workflow_scripts.contracts.runs import EvaluatedRun, ExpectedRuns, list_of, missing_runs
from workflow_scripts.contracts.settings.statistics import Statistics
from workflow_scripts.contracts.verdicts import ExperimentVerdict, ImageSamples, Role

NAME = "workflow_scripts.analysis.statistics"
SUMMARY = (
    "a csv with the columns class (`all` is the mean over the classes), variant, mean, std, n, and "
    "with a column metric only its rows of AP, as tables/table_2.csv has; fractions of 1"
)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the action that the first argument names; returns its exit code."""
    return dispatch(
        NAME,
        "Whether each variant's AP is the same as the reference's, different, or undecided yet.",
        {
            "verdict": Action(
                "judge runs, or a printed table of means and deviations",
                lambda argv: _verdict_command().run(_verdict, argv),
            ),
            "exposed": Action(
                "AP of objects that carry a face or a plate, and of the others",
                exposed_command.run,
            ),
            "next": Action(
                "add runs to what is undecided, as long as there are looks",
                next_command.run,
            ),
            "show": Action("print a verdict.json", lambda argv: _show_command().run(_show, argv)),
            "power": Action(
                "how many runs it takes, from a pilot's deviations",
                lambda argv: _power_command().run(_power, argv),
            ),
        },
        argv,
    )


def _verdict_command() -> Command:
    command = Command(
        f"{NAME} verdict",
        "Judge each variant and class against the reference: two one-sided tests for equivalence, "
        "Welch's test for difference.",
        settings=Statistics,
    )
    source = add_runs(command)
    source.add_argument("--summary", type=Path, metavar="FILE", help=SUMMARY)
    command.argument(
        "--aa-controls",
        nargs="*",
        default=[],
        metavar="VARIANT",
        help="variants that are the reference again, under other seeds",
    )
    command.argument(
        "--positive-controls",
        nargs="*",
        default=[],
        metavar="VARIANT",
        help="variants that have to come out worse",
    )
    command.argument(
        "--output",
        type=Path,
        metavar="FOLDER",
        help="where verdict.csv, .md, .tex and .json go; without it the verdict is printed",
    )
    return command


def _show_command() -> Command:
    command = Command(f"{NAME} show", "Print a verdict.")
    command.argument("verdict", type=Path, metavar="FILE", help="a verdict.json")
    return command


def _power_command() -> Command:
    command = Command(
        f"{NAME} power",
        "How many runs of each variant it takes to show equivalence where nothing differs, and to "
        "find a difference as large as the margin: exact for equal deviations.",
    )
    source = command.parser.add_mutually_exclusive_group(required=True)
    source.add_argument(
        "--deviations",
        type=_fraction,
        nargs="+",
        metavar="STD",
        help="standard deviations of the AP over runs, fractions of 1 (0.01 is a point)",
    )
    source.add_argument("--summary", type=Path, metavar="FILE", help=f"a pilot: {SUMMARY}")
    defaults = Statistics()
    command.argument(
        "--margins",
        type=_fraction,
        nargs="+",
        default=list(defaults.margins),
        metavar="AP",
        help="differences that do not matter (default: %(default)s)",
    )
    command.argument(
        "--powers",
        type=_fraction,
        nargs="+",
        default=[0.8, 0.9],
        metavar="P",
        help="probabilities of the right answer (default: %(default)s)",
    )
    command.argument(
        "--level", type=_fraction, default=defaults.level, metavar="P", help="of each test"
    )
    command.argument("--output", type=Path, metavar="FILE", help="write the table as csv, too")
    return command


def _fraction(text: str) -> float:
    value = float(text)
    if not 0 < value < 1:
        raise argparse.ArgumentTypeError(f"{text} is not between 0 and 1 (1 point is 0.01)")
    return value


def _verdict(arguments: argparse.Namespace) -> None:
    if arguments.summary is not None:
        samples, missing, tested = samples_of_summary(arguments.summary), "", None
    else:
        runs, expected = read_chosen_runs(arguments)
        missing = list_of(missing_runs(runs, expected))
        samples = samples_of_runs(runs, expected)
        tested = _resampled(runs, expected, arguments.settings)
    roles = dict.fromkeys(arguments.aa_controls, Role.AA_CONTROL)
    roles |= dict.fromkeys(arguments.positive_controls, Role.POSITIVE_CONTROL)
    for name in (arguments.reference, *roles):
        if name not in samples:
            raise UserError(f"there is no variant {name!r}; there are {', '.join(samples)}")
    verdict = ExperimentVerdict(
        reference=arguments.reference,
        settings=arguments.settings,
        source="runs" if arguments.summary is None else "summary",
        missing=missing,
        images=tested
        and ImageSamples(
            images=tested.images, groups=tested.groups, unit=tested.unit, samples=tested.samples
        ),
        variants=judge(samples, arguments.reference, arguments.settings, roles, tested),
    )
    if arguments.output is None:
        print(formats.as_plain_text(verdict), end="")
        return
    stem = arguments.output / "verdict"
    write_text(stem.with_suffix(".csv"), formats.as_csv(verdict))
    write_text(stem.with_suffix(".md"), formats.as_markdown(verdict))
    write_text(stem.with_suffix(".tex"), formats.as_latex(verdict))
    verdict.write(stem.with_suffix(".json"), formats.text_of)
    log.info("%s.{csv,md,tex,json}: %d variants judged", stem, len(verdict.variants))


def _resampled(
    runs: Sequence[EvaluatedRun], expected: ExpectedRuns, settings: Statistics
) -> TestImages | None:
    """The runs on samples of the test images; None where that is not asked for, or cannot be."""
    if not settings.image_samples:
        return None
    files = {run.path: run.path.with_name(FILE_NAME) for run in runs}
    absent = [path for path in files.values() if not path.is_file()]
    if absent:
        log.warning(
            "%d of %d runs have no %s (%s): the test images are not resampled; evaluate again",
            len(absent),
            len(runs),
            FILE_NAME,
            absent[0],
        )
        return None
    matches = {
        variant: [Matches.read(files[run.path]) for run in runs if run.variant == variant]
        for variant in expected.variants
    }
    return TestImages.resample(matches, settings.image_groups, settings.image_samples)


def _show(arguments: argparse.Namespace) -> None:
    print(formats.as_plain_text(ExperimentVerdict.read(arguments.verdict)), end="")


def _power(arguments: argparse.Namespace) -> None:
    if arguments.summary is not None:
        deviations = list(planning.deviations_of(samples_of_summary(arguments.summary)).items())
        if not deviations:
            raise UserError(f"{arguments.summary}: no class has a deviation above 0")
    else:
        deviations = [(f"std {std:g}", std) for std in arguments.deviations]
    table = planning.runs_table(deviations, arguments.margins, arguments.powers, arguments.level)
    if arguments.output is not None:
        write_text(arguments.output, table.to_csv(index=False))
    headers = ["", "Deviation", "Margin", "Power", "Runs: same", "Runs: differs", "Detected with 5"]
    print(tabulate(planning.as_rows(table), headers, "simple", disable_numparse=True))
    print()
    print(textwrap.fill(planning.CAPTION.format(level=arguments.level), formats.WIDTH))


if __name__ == "__main__":
    main_of(main)
