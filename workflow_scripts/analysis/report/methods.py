"""The methods section of a paper, with the numbers of an experiment: Markdown, one page."""

import textwrap
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from figures_and_tables.tables import in_markdown
from plain_commands.console import duration
from plain_commands.counts import counted

from workflow_scripts.analysis.report.bibliography import Bibliography
from workflow_scripts.analysis.report.cost import costs
from workflow_scripts.analysis.report.registered import check_registration
from workflow_scripts.analysis.report.results import ExperimentResults
from workflow_scripts.analysis.report.statistical_methods import statistics_of
from workflow_scripts.common.handing_on import without_folders
from workflow_scripts.contracts.regions import Kind
from workflow_scripts.contracts.verdicts import Coverage, Role

WIDTH = 100
DATA_SETS = {
    "cityscapes": "Cityscapes with fine annotations",
    "coco": "An own data set with COCO annotations",
    "synthetic": "Drawn street scenes, made by the software",
}
NOT_SETTINGS = ("method", "engine", "strip_metadata", "seed_offset", "initialisation_seeds")
"""Keys of variants and of the recipe that are omitted: described elsewhere, or without effect on
pixels."""


def methods_text(results: ExperimentResults) -> str:
    """The methods section; missing values read "not recorded"."""
    cited = Bibliography()
    config = results.provenance.config if results.provenance else {}
    parts = {
        "Data": _data(results, config, cited),
        "Faces and license plates": _detection(results, config),
        "Variants": _variants(results, config),
        "Training": _training(results, config, cited),
        "Evaluation": _evaluation(results, config, cited),
        "Statistics": statistics_of(results.verdict, results.supplement, cited)
        if results.verdict
        else (),
        "Registration and software": _origin(results),
    }
    paragraphs = [f"# Methods: {in_markdown(results.name)}"]
    for title, sentences in parts.items():
        if text := " ".join(sentences):
            paragraphs.append(_filled(f"**{title}.** {text}"))
    works = (_filled(line, "    ") for line in cited.lines())
    return "\n\n".join([*paragraphs, "**References**", "\n".join(works)]) + "\n"


def _filled(text: str, indent: str = "") -> str:
    """Text in lines; names and hashes stay whole."""
    return textwrap.fill(
        text, WIDTH, subsequent_indent=indent, break_on_hyphens=False, break_long_words=False
    )


def _data(
    results: ExperimentResults, config: Mapping[str, Any], cited: Bibliography
) -> Iterator[str]:
    kind = config.get("dataset", {}).get("kind", "")
    name = DATA_SETS.get(kind, "The data set")
    source = f" {cited.cite('cityscapes')}" if kind == "cityscapes" else ""
    # The last row of Table I is the total.
    counts = ", ".join(f"{images} ({split.lower()})" for split, images in results.splits[:-1])
    classes = ", ".join(map(in_markdown, results.classes))
    yield (
        f"{name}{source}. Images: {counts or 'not recorded'}. "
        f"{counted(len(results.classes), 'class')}: {classes}."
    )
    if results.data_notes:
        remarks = counted(len(results.data_notes), "remark")
        yield f"The report has {remarks} on omitted or changed objects."


def _detection(results: ExperimentResults, config: Mapping[str, Any]) -> Iterator[str]:
    pii = config.get("pii", {})
    for kind in Kind:
        key = kind.key.removeprefix("pii.")
        if key in pii:
            how = f"found by {pii[key]['detector']}" if pii[key] else "not looked for"
            yield f"{kind.plural.capitalize()} were {how}."
    if pii.get("only_on_labelled"):
        yield "Only detections on labelled persons and vehicles count."
    if (found := results.pii) is not None:
        kinds = " and ".join(counted(of.regions, kind.noun) for kind, of in found.by_kind.items())
        yield (
            f"Regions in {counted(found.images, 'training image')}: {kinds or 'none'}, "
            f"{found.total.mean:.2f} per image; all variants share them."
        )


def _variants(results: ExperimentResults, config: Mapping[str, Any]) -> Iterator[str]:
    judged = {of.variant: of for of in results.verdict.variants} if results.verdict else {}
    known = config.get("variants", {})
    for name in results.variants:
        settings = known.get(name, {})
        said = [f"method {settings.get('method', 'not recorded')}"]
        if name == results.reference:
            said.append("the reference")
        elif name in judged and judged[name].role is not Role.TREATMENT:
            said.append(str(judged[name].role))
        if offset := settings.get("seed_offset"):
            said.append(f"seeds raised by {offset}")
        said += _settings(settings)
        coverage = judged[name].coverage if name in judged else None
        changed = f" {_coverage(coverage)}" if coverage else ""
        yield f"*{in_markdown(name)}*: {in_markdown(', '.join(said))}.{changed}"


def _coverage(known: Coverage) -> str:
    if known.dropped_images:
        return f"It leaves out {known.dropped_images} of {known.images} training images."
    return (
        f"It changes {known.changed_regions} of {known.regions} regions in "
        f"{known.changed_images} of {known.images} training images."
    )


def _settings(section: Mapping[str, Any], above: str = "") -> Iterator[str]:
    """`key value` of each setting with a value, with dotted keys."""
    for key, value in section.items():
        if key in NOT_SETTINGS or value in (None, {}, [], ""):
            continue
        if isinstance(value, Mapping):
            yield from _settings(value, f"{above}{key}.")
        else:
            shown = ", ".join(map(str, value)) if isinstance(value, list) else value
            yield f"{above}{key} {without_folders(str(shown))}"


def _training(
    results: ExperimentResults, config: Mapping[str, Any], cited: Bibliography
) -> Iterator[str]:
    recipe = config.get("training", {})
    engine = str(recipe.get("engine") or (results.table and results.table.engine) or "")
    models = ("mask_rcnn", "faster_rcnn", "retinanet", "fcos")
    sources = [name for name in models if name in str(recipe)]
    sources += ["detectron2"] if engine == "detectron2" else []
    source = f" {cited.cite(*sources)}" if sources else ""
    settings = "; ".join(_settings(recipe))
    yield (
        f"One model per variant and seed was trained with {engine or 'an engine not recorded'}"
        f"{source}" + (f" ({in_markdown(settings)})." if settings else ".")
    )
    done = [run for run in results.runs if run.is_done]
    seeds = ", ".join(map(str, results.seeds))
    noun = "Seed" if len(results.seeds) == 1 else "Seeds"
    further: dict[str, list[str]] = {}
    for run in results.runs:
        if run.seed not in results.seeds:
            further.setdefault(run.variant, []).append(str(run.seed))
    added = "".join(f"; {name} also {', '.join(of)}" for name, of in further.items())
    yield (
        f"{noun} {seeds} for every variant{added}; {len(done)} of {len(results.runs)} runs are "
        "evaluated."
    )
    if shared := recipe.get("initialisation_seeds"):
        yield (
            f"Random initial weights were drawn with {counted(shared, 'seed')}, over which the "
            "runs were spread; the order of the images, augmentation and sampling followed each "
            "run's own seed."
        )
    records = [run.training for run in results.runs if run.training]
    lengths = _distinct(record.iterations for record in records)
    yield f"Iterations of a run: {lengths}."
    for cost in costs(results.runs)[:1]:
        yield (
            f"A run of {in_markdown(cost.variant)} took {duration(cost.seconds / cost.runs)} on "
            f"{in_markdown(cost.devices) or 'devices that were not recorded'}."
        )


def _distinct(values: Iterable[object]) -> str:
    known = dict.fromkeys(str(value) for value in values if value is not None)
    return ", ".join(known) or "not recorded"


def _evaluation(
    results: ExperimentResults, config: Mapping[str, Any], cited: Bibliography
) -> Iterator[str]:
    if results.table is None:
        return
    settings = config.get("evaluation", {})
    how = (
        f" (shorter side {settings['shorter_side']} and longer side at most "
        f"{settings['longest_side']} pixels, scores from {settings['score_threshold']:g}, at most "
        f"{settings['detections_per_image']} predictions per image)"
        if settings
        else ""
    )
    yield (
        f"All models were tested on the same {results.table.images} {results.table.tested_on} "
        f"validation images{how}."
    )
    yield (
        f"The measure is the average precision of {results.task} ({results.task.ap}) by the COCO "
        f"protocol {cited.cite('coco')}, a mean over IoU thresholds from 0.50 to 0.95; mean "
        f"{results.task.ap} is the mean over the classes. Differences are in points (0.01)."
    )
    if results.further:
        named = ", ".join(
            f"{in_markdown(test.name)} ({counted(test.table.images, 'image')})"
            for test in results.further
        )
        yield f"The same models were tested on further test sets, each judged by itself: {named}."


def _origin(results: ExperimentResults) -> Iterator[str]:
    registered = check_registration(results)
    if registered is None:
        yield "The plan was not registered before the first run."
    else:
        yield f"{registered.sentence.removesuffix('.')} (SHA-256 {registered.sha256})."
        yield (
            f"Changed afterwards: {'; '.join(map(in_markdown, registered.changes))}."
            if registered.changes
            else "Nothing was changed afterwards."
        )
    origin = results.provenance
    if origin is None:
        yield "Versions: not recorded."
        return
    for versions in origin.versions:
        names = ", ".join(f"{name} {version}" for name, version in versions.items() if version)
        yield f"Software: anonymization-impact, {names}."
    yield (
        f"Commits of the code: {_distinct(origin.commits)}. Locked libraries: SHA-256 "
        f"{origin.lock_sha256}."
    )
