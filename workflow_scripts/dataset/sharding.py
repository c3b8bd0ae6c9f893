"""Shards of a data set that has been indexed."""

import hashlib
import math

from plain_commands.files import canonical_json, sha256_of

from workflow_scripts.contracts.coco import CocoImage
from workflow_scripts.contracts.shards import Shards
from workflow_scripts.contracts.tasks import Task
from workflow_scripts.dataset.indexed_split import IndexedSplit


def make_shards(train: IndexedSplit, val: IndexedSplit, images_per_shard: int) -> Shards:
    """Cut both splits into shards of at most about `images_per_shard` images.

    An image's shard depends on its name alone, and the number of shards is a power of two, so an
    additional image changes one shard and keeps the results of the others.
    """
    cut = {"train": _cut(train, images_per_shard), "val": _cut(val, images_per_shard)}
    return Shards(
        images_per_shard=images_per_shard,
        digests={name: digest for name, (digest, _) in cut.items()},
        by_split={name: shards for name, (_, shards) in cut.items()},
    )


def _cut(split: IndexedSplit, images_per_shard: int) -> tuple[str, dict[str, tuple[str, ...]]]:
    """The digest of a split, and its file names by shard."""
    count = 2 ** max(0, math.ceil(math.log2(max(len(split.images), 1) / images_per_shard)))
    whole = _Digest(split.classes)
    members: dict[int, tuple[_Digest, list[str]]] = {}
    for image in split.images:
        place = int(sha256_of(image.file_name)[:8], 16) % count
        digest, names = members.setdefault(place, (_Digest(split.classes), []))
        names.append(image.file_name)
        content = _content(split, image)
        for one in (whole, digest):
            one.add(content)
    shards = {
        f"{place:03d}-{digest.value()[:8]}": tuple(names)
        for place, (digest, names) in sorted(members.items())
    }
    return whole.value(), shards


class _Digest:
    """SHA-256 of the canonical JSON of classes and a list of images."""

    def __init__(self, classes: tuple[str, ...]) -> None:
        self._hash = hashlib.sha256(f"[{canonical_json(classes)},[".encode())
        self._separator = ""

    def add(self, content: str) -> None:
        self._hash.update(f"{self._separator}{content}".encode())
        self._separator = ","

    def value(self) -> str:
        whole = self._hash.copy()
        whole.update(b"]]")
        return whole.hexdigest()


def _content(split: IndexedSplit, image: CocoImage) -> str:
    """Everything about an image on which results depend, as canonical JSON."""
    return canonical_json(
        [
            image.file_name,
            image.sha256,
            [
                [
                    split.classes[i.category_id - 1],
                    # Boxes that cover the same pixels may differ by fractions of a pixel.
                    i.segmentation["counts"] if split.task is Task.MASKS else i.bbox,
                    i.iscrowd,
                    *([] if i.track is None else [i.track]),
                ]
                for i in split.instances_of(image)
            ],
            *([image.void["counts"]] if image.void else []),
            *([] if image.upright is None else [image.upright]),
        ]
    )
