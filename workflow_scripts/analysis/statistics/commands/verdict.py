"""`statistics verdict`: equivalent, different, or inconclusive."""

from collections.abc import Sequence

from workflow_scripts.analysis.run_arguments import (
    Expected,
    Reference,
    Runs,
    RunsIn,
    Summary,
    read_chosen_runs,
)
from workflow_scripts.analysis.statistics import formats
from workflow_scripts.analysis.statistics.experiment import judge
from workflow_scripts.analysis.statistics.images import TestImages
from workflow_scripts.analysis.statistics.sources import samples_of_runs, samples_of_summary
from workflow_scripts.common.cli import Folder, Names, Settings
from workflow_scripts.common.console import log
from workflow_scripts.common.errors import UserError
from workflow_scripts.common.files import write_text
from workflow_scripts.contracts.matches import FILE_NAME, Matches
from workflow_scripts.contracts.runs import EvaluatedRun, ExpectedRuns, list_of, missing_runs
from workflow_scripts.contracts.settings import Statistics
from workflow_scripts.contracts.verdicts import ExperimentVerdict, ImageSamples, Role


def verdict(
    *,
    settings: Settings[Statistics],
    runs: Runs | None = None,
    runs_in: RunsIn | None = None,
    summary: Summary | None = None,
    expected: Expected | None = None,
    reference: Reference = "unmodified",
    aa_controls: Names = (),
    positive_controls: Names = (),
    output: Folder | None = None,
) -> None:
    """Judge each variant and class against the reference.

    Two one-sided tests for equivalence, Welch's test for difference; from runs, or from a printed
    table of means and standard deviations.

    Args:
        aa_controls: variants that are the reference again, with other seeds.
        positive_controls: variants that are expected to come out worse.
        output: folder for verdict.csv, .md, .tex and .json; without it the verdict is printed.

    Raises:
        UserError: none or several of --runs, --runs-in and --summary are given, or a variant is
            unknown.
    """
    if sum(source is not None for source in (runs, runs_in, summary)) != 1:
        raise UserError("give one of --runs, --runs-in and --summary")
    if summary is not None:
        samples, missing, tested = samples_of_summary(summary), "", None
    else:
        read, wanted = read_chosen_runs(runs, runs_in, expected, reference)
        missing = list_of(missing_runs(read, wanted))
        samples = samples_of_runs(read, wanted)
        tested = _resampled(read, wanted, settings)
    roles = dict.fromkeys(aa_controls, Role.AA_CONTROL)
    roles |= dict.fromkeys(positive_controls, Role.POSITIVE_CONTROL)
    for name in (reference, *roles):
        if name not in samples:
            raise UserError(f"there is no variant {name!r}; there are {', '.join(samples)}")
    found = ExperimentVerdict(
        reference=reference,
        settings=settings,
        source="runs" if summary is None else "summary",
        missing=missing,
        images=tested
        and ImageSamples(
            images=tested.images, groups=tested.groups, unit=tested.unit, samples=tested.samples
        ),
        variants=judge(samples, reference, settings, roles, tested),
    )
    if output is None:
        print(formats.as_plain_text(found), end="")
        return
    stem = output / "verdict"
    write_text(stem.with_suffix(".csv"), formats.as_csv(found))
    write_text(stem.with_suffix(".md"), formats.as_markdown(found))
    write_text(stem.with_suffix(".tex"), formats.as_latex(found))
    found.write(stem.with_suffix(".json"), formats.text_of)
    log.info("%s.{csv,md,tex,json}: %d variants judged", stem, len(found.variants))


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
