"""`privacy review`: a page on which a person looks for missed faces and plates."""

from typing import Annotated

from plain_commands.console import log, progress
from plain_commands.counts import counted
from plain_commands.errors import UserError
from plain_commands.files import write_json, write_text

from workflow_scripts.common.cli import NewFile, Positive, Seed, option
from workflow_scripts.contracts.coco import CocoSplit
from workflow_scripts.contracts.layout import Layout
from workflow_scripts.contracts.regions import read_regions
from workflow_scripts.contracts.shard_arguments import Annotations, Images, Regions


def review(
    *,
    annotations: Annotations,
    images: Images,
    regions: Regions,
    tiles: Positive = 200,
    side: Annotated[int, option("PIXELS", at_least=64, below=8193)] = 512,
    seed: Seed = 0,
    output: NewFile,
) -> None:
    """Make a page of random parts of the original images, for a person to review.

    The page shows the detected regions; the person marks missed and wrong ones. It contains
    originals, so keep it where they are. `privacy reviewed` reads the exported answers.

    Args:
        tiles: number of parts to draw; half of them show no detected region.
        side: longest side of a part; smaller ones are enlarged more.
        seed: seed of the random choice.
        output: the page, NAME.html; NAME.json beside it describes the sample.

    Raises:
        UserError: the output is not an .html file, or there is no image.
    """
    from region_review.page import review_page  # noqa: PLC0415 - slow, and --help needs it not
    from region_review.sample import SPLITS, ReviewImage, draw_sample  # noqa: PLC0415

    from workflow_scripts.imaging.pictures import pictures_of  # noqa: PLC0415
    from workflow_scripts.privacy.review import found_regions, views_of  # noqa: PLC0415

    if output.suffix != ".html":
        raise UserError(f"--output: the page is an .html file, found {str(output)!r}")
    split = CocoSplit.read(annotations)
    if not split.images:
        raise UserError(f"{annotations}: it lists no image, so there is nothing to review")
    found = [region for path in regions for region in read_regions(path)]
    pictures = pictures_of(split, images, found)
    name, _ = Layout.annotations_beside(annotations)
    sample = draw_sample(
        [ReviewImage(image.file_name, image.width, image.height) for image in split.images],
        found_regions(pictures),
        side=side,
        count=tiles,
        seed=seed,
        split=next((one for one in SPLITS if one == name), None),
    )
    shown = {tile.image for tile in sample.tiles}
    cutting = views_of(sample.tiles, pictures)
    views: dict[str, bytes] = {}
    for of_image in progress(cutting, total=len(shown), description="cutting tiles"):
        views |= of_image
    write_json(output.with_suffix(".json"), sample.model_dump(mode="json", by_alias=True))
    page = review_page(sample, counted(len(split.images), "image"), views)
    write_text(output, page, private=True)
    for stratum in sample.strata:
        drawn = sum(tile.stratum == stratum.name for tile in sample.tiles)
        log.info("%s: %d of %d tiles", stratum.name, drawn, stratum.tiles)
    log.info(
        "%s: %s of %s",
        output,
        counted(len(sample.tiles), "tile"),
        counted(len(shown), "image"),
    )
    log.warning("attention: %s holds original images; keep it where the originals are", output)
