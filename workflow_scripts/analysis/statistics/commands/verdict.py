"""`statistics verdict`: equivalent, different, or inconclusive."""

from functools import partial
from typing import Annotated

from figures_and_tables.tables import write_formats
from plain_commands.console import log
from plain_commands.errors import UserError

from workflow_scripts.analysis.run_arguments import (
    Expected,
    Reference,
    Runs,
    RunsIn,
    Summary,
    read_chosen_runs,
)
from workflow_scripts.analysis.statistics import formats, supplement_formats
from workflow_scripts.analysis.statistics.judge import coverage_of, judge, resample
from workflow_scripts.analysis.statistics.pairing import PairsByVariant, paired_differences
from workflow_scripts.analysis.statistics.sources import (
    Values,
    samples_of,
    samples_of_summary,
    task_of_summary,
    values_beside,
    values_of_runs,
)
from workflow_scripts.analysis.statistics.supplement import supplement_of
from workflow_scripts.analysis.statistics.supplement_formats import with_text
from workflow_scripts.common.cli import Files, Names, NewFolder, Settings, Threads, option
from workflow_scripts.contracts.runs import SeedsByVariant, list_of, missing_runs, outdated_sentence
from workflow_scripts.contracts.settings import VerdictSettings
from workflow_scripts.contracts.supplements import BesideName
from workflow_scripts.contracts.verdicts import ExperimentVerdict, Role, VariantVerdict


def verdict(
    *,
    settings: Settings[VerdictSettings],
    runs: Runs | None = None,
    runs_in: RunsIn | None = None,
    summary: Summary | None = None,
    expected: Expected | None = None,
    reference: Reference = "unmodified",
    aa_controls: Names = (),
    positive_controls: Names = (),
    random_drops: Names = (),
    manifests: Files = (),
    note: Annotated[str, option("TEXT")] = "",
    threads: Threads = 1,
    output: NewFolder | None = None,
) -> None:
    """Judge each variant and class against the reference.

    Two one-sided tests for equivalence, Welch's test for difference; from runs, or from a printed
    table of means and standard deviations.

    Args:
        aa_controls: variants that repeat the reference with other seeds.
        positive_controls: variants that are expected to come out worse.
        random_drops: variants that drop images at random, as controls for those that drop the same
            number of chosen images.
        manifests: images/{variant}/train/manifest.parquet of each variant that should change
            something; the changes are reported, and required for a claim of equivalence.
        note: additional caveat, such as one about the training.
        output: folder for verdict.csv, .md, .tex and .json, and the same for the supplement: pairs,
            exact tests, effect sizes, groups of objects, boxes, calibration, and partial pooling.
            Without it, the verdict is printed.

    Raises:
        UserError: none or several of --runs, --runs-in and --summary are given, a variant is
            unknown, or there is only the reference.
    """
    if sum(source is not None for source in (runs, runs_in, summary)) != 1:
        raise UserError("give one of --runs, --runs-in and --summary")
    values: Values | None = None
    outdated: SeedsByVariant = {}
    if summary is None:
        read, wanted, outdated = read_chosen_runs(runs, runs_in, expected, reference)
        missing = list_of(missing_runs(read, wanted, outdated))
        values = values_of_runs(read, wanted)
        samples, task = samples_of(values), read[0].evaluation.task
    elif settings.paired is True:
        raise UserError(
            "statistics.paired: true needs runs, and a printed table has no pairs; set it to false"
        )
    else:
        samples, missing = samples_of_summary(summary), ""
        task = task_of_summary(summary)
    roles = dict.fromkeys(aa_controls, Role.AA_CONTROL)
    roles |= dict.fromkeys(positive_controls, Role.POSITIVE_CONTROL)
    roles |= dict.fromkeys(random_drops, Role.RANDOM_DROP)
    for name in (reference, *roles):
        if name not in samples:
            raise UserError(f"unknown variant {name!r}; known: {', '.join(samples)}")
    if len(samples) == 1:
        raise UserError(f"only the reference {reference!r}; add a variant to compare with it")
    pairs: PairsByVariant = {}
    resampled, images = None, None
    further: dict[BesideName, tuple[VariantVerdict, ...]] = {}
    coverage = coverage_of(manifests)
    if values is not None:
        paired = partial(paired_differences, unpaired=aa_controls)
        pairs = paired(values, wanted, reference, settings)
        resampled, images = resample(read, wanted, settings, threads) or (None, None)
        further = {
            name: judge(
                samples_of(measured),
                reference,
                settings,
                roles,
                coverage=coverage,
                pairs=paired(measured, wanted, reference, settings),
            )
            for name, measured in values_beside(read, wanted).items()
        }
    found = ExperimentVerdict(
        reference=reference,
        settings=settings,
        source="runs" if summary is None else "summary",
        missing=missing,
        outdated=outdated_sentence(outdated),
        note=note,
        task=task,
        images=images,
        variants=judge(
            samples,
            reference,
            settings,
            roles,
            coverage=coverage,
            pairs=pairs,
            images=resampled,
        ),
    )
    if output is None:
        print(formats.as_plain_text(found), end="")
        return
    write_formats(
        output,
        "verdict",
        csv=formats.as_csv(found),
        md=formats.as_markdown(found),
        tex=formats.as_latex(found),
        json=found.as_json(formats.text_of(found)),
    )
    beside = with_text(supplement_of(found, samples, values, further, threads), found)
    write_formats(
        output,
        "supplement",
        csv=supplement_formats.as_csv(beside),
        md=supplement_formats.as_markdown(beside),
        tex=supplement_formats.as_latex(beside),
        json=beside.as_json(),
    )
    judged = len(found.variants)
    stem = output / "verdict"
    log.info("%s.{csv,md,tex,json}: %d variant%s judged", stem, judged, "s" * (judged > 1))
