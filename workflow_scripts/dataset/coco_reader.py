"""Reader of data sets in COCO format."""

from collections import defaultdict
from collections.abc import Iterator, Set
from concurrent.futures import Executor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hotcoco import mask as rle_codec

from workflow_scripts.common.errors import UserError
from workflow_scripts.common.files import read_bytes, read_json, sha256_of
from workflow_scripts.contracts.coco import CocoImage, CocoSplit, Instance
from workflow_scripts.contracts.settings import CocoDataset
from workflow_scripts.dataset.reader import ReadImage, read_split
from workflow_scripts.imaging.images import decode_image


@dataclass(frozen=True)
class _Source:
    """One image of an annotation file, with all that a worker needs to read it."""

    annotation_file: Path
    folder: Path
    record: dict[str, Any]
    annotations: list[dict[str, Any]]
    category_ids: dict[int, int]
    """Class number (from 1) by the file's category id, without ignored categories."""


def read_coco(dataset: CocoDataset, split: str, pool: Executor) -> CocoSplit:
    """Read the images of a split with their instances.

    Raises:
        UserError: folder or file missing, an unknown class, or one line for each image that is
            missing, damaged, of another size than stated, or wrongly annotated.
    """
    where = getattr(dataset, split)
    if not where.images.is_dir():
        raise UserError(f"dataset.{split}.images: there is no folder {where.images}")
    content = read_json(where.annotations)
    for key in ("images", "annotations", "categories"):
        if not isinstance(content, dict) or not isinstance(content.get(key), list):
            raise UserError(f"{where.annotations}: no list {key!r} in it; is it a COCO file?")
    if not content["images"]:
        raise UserError(f"{where.annotations}: it lists no images")
    category_ids = _category_ids(dataset, where.annotations, content["categories"])
    by_image = defaultdict(list)
    for annotation in content["annotations"]:
        by_image[annotation.get("image_id")].append(annotation)
    _refuse_unknown(where.annotations, "image", by_image.keys(), content["images"])
    used = {annotation.get("category_id") for annotation in content["annotations"]}
    _refuse_unknown(where.annotations, "category", used, content["categories"])
    sources = [
        _Source(where.annotations, where.images, record, by_image[record["id"]], category_ids)
        for record in sorted(content["images"], key=lambda record: record.get("file_name", ""))
    ]
    return read_split(pool, _read_image, sources, dataset.classes, f"indexing {split}")


def _refuse_unknown(path: Path, kind: str, used: Set, known: list[dict[str, Any]]) -> None:
    unknown = used - {record.get("id") for record in known}
    if unknown:
        some = ", ".join(map(str, sorted(unknown, key=str)[:5]))
        raise UserError(f"{path}: annotations with a {kind}_id that it does not define: {some}")


def _category_ids(
    dataset: CocoDataset, path: Path, categories: list[dict[str, Any]]
) -> dict[int, int]:
    ids = {}
    unknown = []
    for category in categories:
        name = dataset.class_mapping.get(category["name"], category["name"])
        if name in dataset.classes:
            ids[category["id"]] = dataset.classes.index(name) + 1
        elif name not in dataset.ignored_classes:
            unknown.append(category["name"])
    if unknown:
        raise UserError(
            f"{path}: unknown class {', '.join(map(repr, unknown))}; name it in dataset.classes, "
            "dataset.class_mapping or dataset.ignored_classes"
        )
    return ids


def _read_image(source: _Source) -> ReadImage:
    record, where = source.record, source.annotation_file
    missing = {"file_name", "width", "height"} - record.keys()
    if missing:
        raise UserError(f"{where}: image {record['id']} has no {', '.join(sorted(missing))}")
    path = source.folder / record["file_name"]
    raw = read_bytes(path)
    height, width = decode_image(raw, path).shape[:2]
    if (width, height) != (record["width"], record["height"]):
        raise UserError(
            f"{path}: {width}x{height} pixels, but {where.name} says "
            f"{record['width']}x{record['height']}"
        )
    image = CocoImage(0, Path(record["file_name"]).as_posix(), width, height, sha256_of(raw))
    return ReadImage(image, tuple(_instances(source, height, width)))


def _instances(source: _Source, height: int, width: int) -> Iterator[Instance]:
    known = source.category_ids
    for annotation in source.annotations:
        if annotation["category_id"] not in known:  # an ignored class
            continue
        try:
            segmentation = annotation["segmentation"]
            rle = rle_codec.fr_py_objects(segmentation, height, width)
            if isinstance(rle, list):
                rle = rle_codec.merge(rle)
            area = int(rle_codec.area(rle))
            x, y, w, h = map(float, rle_codec.to_bbox(rle))
        except (KeyError, TypeError, ValueError) as error:
            raise UserError(
                f"{source.annotation_file}: annotation {annotation.get('id')} has no valid "
                f"segmentation ({error}); this study needs masks"
            ) from None
        counts = rle["counts"]
        if area == 0:
            continue
        yield Instance(
            id=0,
            image_id=0,
            category_id=known[annotation["category_id"]],
            bbox=(x, y, w, h),
            area=area,
            segmentation={
                "size": [height, width],
                "counts": counts.decode() if isinstance(counts, bytes) else counts,
            },
            iscrowd=int(annotation.get("iscrowd", 0)),
        )
