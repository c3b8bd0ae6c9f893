"""`python -m workflow_scripts.privacy <action> …`."""

import argparse
from collections.abc import Sequence
from pathlib import Path

from workflow_scripts.common.cli import Action, Command, dispatch, main_of
from workflow_scripts.common.console import log, progress
from workflow_scripts.common.errors import UserError
from workflow_scripts.common.files import read_json, write_json
from workflow_scripts.contracts.coco import CocoSplit
from workflow_scripts.contracts.regions import Kind
from workflow_scripts.contracts.settings.report import Report
from workflow_scripts.contracts.shard_arguments import add_images
from workflow_scripts.contracts.tables import latex_tables, write_formats
from workflow_scripts.pii.settings import Pii
from workflow_scripts.privacy import table
from workflow_scripts.privacy.pairs import pairs_of
from workflow_scripts.privacy.report import SCHEMA, made_with, read_report

NAME = "workflow_scripts.privacy"


def _audit_command() -> Command:
    command = Command(
        f"{NAME} audit",
        "Compare a variant's images with the originals: what was changed and how, what detectors\n"
        "still find, how alike old and new faces and plates are, what changed that should not\n"
        "have, which metadata came along. The settings are those of the detection.",
        settings=Pii,
        label="audit {variant}",
    )
    command.argument("--variant", required=True, metavar="NAME", help="its name")
    add_images(command)
    _add_regions(command)
    command.argument(
        "--anonymized",
        type=Path,
        metavar="FOLDER",
        help="images/{variant}/train, with its manifest; without it: the originals themselves",
    )
    command.argument(
        "--embedding",
        type=Path,
        nargs="?",
        metavar="FILE",
        help="weights for cv2.FaceRecognizerSF (ONNX): compare faces by it as well",
    )
    command.argument("--fingerprint", metavar="HEX", help="is kept with the result")
    command.argument(
        "--output", type=Path, required=True, metavar="FILE", help="privacy/{variant}.json"
    )
    command.argument("--threads", type=int, default=1, help="images at a time (default: 1)")
    return command


def _table_command() -> Command:
    command = Command(f"{NAME} table", "Bring the audits of all variants together in one table.")
    command.argument(
        "--audits",
        type=Path,
        required=True,
        nargs="+",
        metavar="FILE",
        help="privacy/{variant}.json, in the order of the rows",
    )
    command.argument(
        "--output",
        type=Path,
        required=True,
        metavar="FOLDER",
        help="where privacy.csv, .md and .json go",
    )
    return command


def _show_command() -> Command:
    command = Command(f"{NAME} show", "Print the table.")
    command.argument("table", type=Path, metavar="FILE", help="tables/privacy.json")
    return command


def _figure_command() -> Command:
    command = Command(
        f"{NAME} figure",
        "Draw Figure 2: regions of the variants side by side, by size. Originals are shown only\n"
        "if the settings say so.",
        settings=Report,
    )
    add_images(command)
    _add_regions(command)
    command.argument(
        "--manifests",
        type=Path,
        nargs="*",
        default=[],
        metavar="FILE",
        help="images/{variant}/train/manifest.parquet of each variant that changes something",
    )
    command.argument(
        "--output",
        type=Path,
        required=True,
        metavar="FOLDER",
        help="where before_after.svg and .png go",
    )
    return command


def _add_regions(command: Command) -> None:
    command.argument(
        "--regions",
        type=Path,
        required=True,
        nargs="*",
        metavar="FILE",
        help="pii/{split}/{shard}.parquet of all shards",
    )


def _audit(arguments: argparse.Namespace) -> None:
    # The detectors and OpenCV's networks are slow to import, and the table needs none of them.
    from workflow_scripts.privacy.again import finders_of  # noqa: PLC0415
    from workflow_scripts.privacy.embedding import FaceEmbedding  # noqa: PLC0415
    from workflow_scripts.privacy.measure import measure_images  # noqa: PLC0415
    from workflow_scripts.privacy.summary import summarize_images, summarize_regions  # noqa: PLC0415

    split = CocoSplit.read(arguments.annotations)
    pairs = pairs_of(split, arguments.images, arguments.regions, arguments.anonymized)
    embedding = FaceEmbedding(arguments.embedding) if arguments.embedding else None
    finders = finders_of(arguments.settings)
    measured = measure_images(pairs, finders, embedding, arguments.threads)
    images = list(progress(measured, total=len(pairs), description="auditing"))
    regions = [region for image in images for region in image.regions]
    report = {
        "schema": SCHEMA,
        "variant": arguments.variant,
        "originals": arguments.anonymized is None,
        **summarize_images(images),
        "kinds": {
            kind.value: summarize_regions([region for region in regions if region.kind is kind])
            for kind in Kind
        },
        "made_with": made_with(arguments.anonymized, finders, embedding, arguments.fingerprint),
    }
    write_json(arguments.output, report)
    for sentence in table.shortcomings([report]):
        log.warning("attention: %s", sentence)
    log.info("%d regions in %d images compared", len(regions), len(images))


def _table(arguments: argparse.Namespace) -> None:
    reports = [read_report(path) for path in arguments.audits]
    notes, tables = table.shortcomings(reports), table.text_tables(reports)
    write_formats(
        arguments.output,
        "privacy",
        csv=table.long_table(reports).to_csv(index=False),
        md=table.as_markdown(tables, notes),
        tex=latex_tables(tables, table.CAPTION, "privacy"),
        json=table.as_json(reports, tables, notes),
    )
    log.info("%s.{csv,md,tex,json}: %d variants", arguments.output / "privacy", len(reports))


def _show(arguments: argparse.Namespace) -> None:
    content = read_json(arguments.table)
    try:
        reports = content["audits"]
        print(table.as_plain_text(table.text_tables(reports), table.shortcomings(reports)), end="")
    except (KeyError, TypeError) as error:
        raise UserError(f"{arguments.table}: not a privacy.json ({error}); make it again") from None


def _figure(arguments: argparse.Namespace) -> None:
    from workflow_scripts.privacy.figure import draw  # noqa: PLC0415 - matplotlib is slow to import
    from workflow_scripts.privacy.samples import samples_of  # noqa: PLC0415

    split = CocoSplit.read(arguments.annotations)
    variants = {
        path.parents[1].name: pairs_of(split, arguments.images, arguments.regions, path.parent)
        for path in arguments.manifests
    }
    originals = pairs_of(split, arguments.images, arguments.regions, None)
    samples = samples_of(originals, variants, bool(arguments.settings.show_originals))
    draw(samples, arguments.output)
    log.info("before_after.{svg,png}: %d regions", len(samples.rows))


ACTIONS = {
    "audit": Action(
        "compare one variant with the originals", lambda argv: _audit_command().run(_audit, argv)
    ),
    "table": Action("bring audits together", lambda argv: _table_command().run(_table, argv)),
    "show": Action("print the table", lambda argv: _show_command().run(_show, argv)),
    "figure": Action("draw Figure 2", lambda argv: _figure_command().run(_figure, argv)),
}


def main(argv: Sequence[str] | None = None) -> int:
    """Run the action that the first argument names; returns its exit code."""
    return dispatch(NAME, "Audit what the variants tell about the originals.", ACTIONS, argv)


if __name__ == "__main__":
    main_of(main)
