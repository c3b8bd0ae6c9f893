"""Verdict on each variant of an experiment, from samples and, where kept, from matches."""

from collections.abc import Mapping, Sequence

from run_equivalence.compare import compare
from run_equivalence.images import ResampledRuns
from run_equivalence.resampling import groups_of
from run_equivalence.welch import SampleStatistics

from workflow_scripts.common.console import log
from workflow_scripts.common.errors import UserError
from workflow_scripts.contracts.matches import FILE_NAME, read_matches
from workflow_scripts.contracts.runs import ALL, EvaluatedRun, ExpectedRuns
from workflow_scripts.contracts.settings import Statistics
from workflow_scripts.contracts.verdicts import ImageSamples, Role, VariantVerdict


def judge(
    samples: Mapping[str, Mapping[str, SampleStatistics]],
    reference: str,
    settings: Statistics,
    roles: Mapping[str, Role],
    images: ResampledRuns | None = None,
) -> tuple[VariantVerdict, ...]:
    """Judge each variant against the reference.

    Args:
        samples: samples by variant, then by class and `all`.
        reference: one of the variants.
        settings: margins, level and power.
        roles: roles of the controls.
        images: the runs on samples of the test images.
    """
    return tuple(
        VariantVerdict(
            variant=variant,
            role=roles.get(variant, Role.TREATMENT),
            rows=tuple(
                compare(
                    of_variant,
                    samples[reference],
                    margins=settings.margins,
                    level=settings.test_level,
                    power=settings.power,
                    images=images.added(variant, reference) if images else None,
                    overall=ALL,
                )
            ),
        )
        for variant, of_variant in samples.items()
        if variant != reference
    )


def resample(
    runs: Sequence[EvaluatedRun], expected: ExpectedRuns, settings: Statistics
) -> tuple[ResampledRuns, ImageSamples] | None:
    """The runs on samples of the test images.

    Returns:
        None where the settings ask for no samples, or a run has no matches.

    Raises:
        UserError: runs were tested on different images.
    """
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
        variant: [read_matches(files[run.path]) for run in runs if run.variant == variant]
        for variant in expected.variants
    }
    first = next(of_variant[0] for of_variant in matches.values() if of_variant)
    groups, unit = groups_of(first.images.tolist(), settings.image_groups)
    try:
        resampled = ResampledRuns.of(matches, groups, settings.image_samples, ALL)
    except ValueError as error:
        raise UserError(f"{error}, by its {FILE_NAME}; evaluate all runs again") from None
    return resampled, ImageSamples(
        images=len(groups),
        groups=int(groups.max()) + 1,
        unit=unit,
        samples=settings.image_samples,
    )
