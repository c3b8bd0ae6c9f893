"""Verdict on each variant of an experiment, from samples and, if available, matches."""

from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path

from plain_commands.console import log
from plain_commands.errors import UserError
from run_equivalence.compare import compare
from run_equivalence.family import over_variants
from run_equivalence.images import ResampledRuns
from run_equivalence.resampling import groups_of
from run_equivalence.verdicts import AtMargin, ClassVerdict
from run_equivalence.welch import SampleStatistics

from workflow_scripts.analysis.statistics.pairing import PairsByVariant
from workflow_scripts.contracts.manifest import read_dropped_instances, read_manifest
from workflow_scripts.contracts.matches import FILE_NAME, read_matches
from workflow_scripts.contracts.runs import ALL, EvaluatedRun, ExpectedRuns
from workflow_scripts.contracts.settings import VerdictSettings
from workflow_scripts.contracts.verdicts import Coverage, ImageSamples, Role, VariantVerdict

NOT_LEARNED = "AP is 0.000 on both sides: the models learned nothing of it"


def judge(
    samples: Mapping[str, Mapping[str, SampleStatistics]],
    reference: str,
    settings: VerdictSettings,
    roles: Mapping[str, Role],
    *,
    coverage: Mapping[str, Coverage] | None = None,
    pairs: PairsByVariant | None = None,
    images: ResampledRuns | None = None,
) -> tuple[VariantVerdict, ...]:
    """Judge each variant against the reference.

    Args:
        samples: samples by variant, then by class and `all`, or by group of objects.
        reference: one of the variants.
        settings: margins, level and power; question and family.
        roles: roles of the controls.
        coverage: changes of the variants. A variant that changed nothing is not judged, nor is a
            class that no model learned: equal zeros do not show equivalence.
        pairs: differences of paired runs, for variants that are compared by pairs.
        images: the runs on samples of the test images.
    """
    judged = tuple(
        VariantVerdict(
            variant=variant,
            role=roles.get(variant, Role.TREATMENT),
            coverage=(coverage or {}).get(variant),
            rows=tuple(
                compare(
                    of_variant,
                    samples[reference],
                    margins=settings.margins,
                    level=settings.test_level,
                    power=settings.power,
                    question=settings.question,
                    pairs=(pairs or {}).get(variant),
                    images=images.added(variant, reference) if images else None,
                    overall=ALL,
                )
            ),
        )
        for variant, of_variant in samples.items()
        if variant != reference
    )
    tested = tuple(
        of.model_copy(update={"rows": tuple(_tested(row, of.changed_nothing) for row in of.rows)})
        for of in judged
    )
    return _corrected(tested, settings) if settings.family == "experiment" else tested


def _corrected(
    judged: Sequence[VariantVerdict], settings: VerdictSettings
) -> tuple[VariantVerdict, ...]:
    """The variants; two or more treatments are corrected over each other."""
    treatments = {of.variant: of.rows for of in judged if not of.is_control}
    if len(treatments) < 2:
        return tuple(judged)
    rows = over_variants(treatments, settings.test_level, settings.question, ALL)
    return tuple(
        of.model_copy(update={"rows": tuple(rows.get(of.variant, of.rows))}) for of in judged
    )


def _tested(row: ClassVerdict, changed_nothing: bool) -> ClassVerdict:
    """The row, without its tests if they say nothing about the variant."""
    if not changed_nothing and not row.learned_nothing:
        return row
    return ClassVerdict(
        name=row.name,
        reference=row.reference,
        variant=row.variant,
        difference=row.difference,
        margins=tuple(AtMargin(at.margin) for at in row.margins),
        notes=(NOT_LEARNED,) if row.learned_nothing else ("the variant changed nothing",),
    )


def coverage_of(manifests: Iterable[Path]) -> dict[str, Coverage]:
    """Changes made by variants.

    Args:
        manifests: images/{variant}/train/manifest.parquet; missing ones are skipped, with a
            warning.
    """
    found = {}
    for path in manifests:
        if not path.exists():
            log.warning("%s: no such file; the changes of its variant are unknown", path)
        else:
            entries = read_manifest(path)
            found[path.parents[1].name] = Coverage(
                images=len(entries),
                changed_images=sum(bool(entry.changes) for entry in entries),
                regions=sum(entry.asked for entry in entries),
                changed_regions=sum(len(entry.region_ids) for entry in entries),
                dropped_images=sum(entry.dropped for entry in entries),
                dropped_regions=sum(entry.asked for entry in entries if entry.dropped),
                dropped_instances=read_dropped_instances(path),
            )
    return found


def resample(
    runs: Sequence[EvaluatedRun],
    expected: ExpectedRuns,
    settings: VerdictSettings,
    threads: int = 1,
) -> tuple[ResampledRuns, ImageSamples] | None:
    """The runs on samples of the test images.

    Args:
        runs: evaluated runs; the matches of each are beside its eval.json.
        expected: the experiment's variants.
        settings: number of samples, and the groups of images to draw.
        threads: number of runs processed at a time.

    Returns:
        None if the settings request no samples, or a run has no matches.

    Raises:
        UserError: runs were tested on different images.
    """
    if not settings.image_samples:
        return None
    files = {run.path: run.path.with_name(FILE_NAME) for run in runs}
    absent = [path for path in files.values() if not path.is_file()]
    if absent:
        log.warning(
            "%d of %d runs have no %s (%s): the test images are not resampled; "
            "delete the eval.json of these runs and repeat the call",
            len(absent),
            len(runs),
            FILE_NAME,
            absent[0],
        )
        return None
    matches = {
        variant: [
            partial(read_matches, files[run.path], run.evaluation.run)
            for run in runs
            if run.variant == variant
        ]
        for variant in expected.variants
    }
    first = next(of_variant[0] for of_variant in matches.values() if of_variant)()
    groups, unit = groups_of(first.images.tolist(), settings.image_groups)
    try:
        resampled = ResampledRuns.of(matches, groups, settings.image_samples, ALL, threads)
    except ValueError as error:
        raise UserError(
            f"{error}, by its {FILE_NAME}; delete the eval.json of all runs and repeat the call"
        ) from None
    return resampled, ImageSamples(
        images=len(groups),
        groups=int(groups.max()) + 1,
        unit=unit,
        samples=settings.image_samples,
    )
