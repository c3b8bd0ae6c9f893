"""Changes of a COCO annotation file that tests make."""

from collections.abc import Callable
from typing import Any

from tests.coco_folder import HEIGHT, WIDTH

NAN, INF = float("nan"), float("inf")


def first(key: str, **values: Any) -> Callable[[dict], None]:
    """Set keys of the first entry of a list."""
    return lambda content: content[key][0].update(values)


def without(key: str, name: str) -> Callable[[dict], None]:
    return lambda content: content[key][0].pop(name)


def entry(key: str, value: Any) -> Callable[[dict], None]:
    """Put something else in the place of the first entry of a list."""

    def change(content: dict) -> None:
        content[key][0] = value

    return change


def mask(segmentation: Any) -> Callable[[dict], None]:
    return first("annotations", segmentation=segmentation)


def all_masks(make: Callable[[list], Any]) -> Callable[[dict], None]:
    def change(content: dict) -> None:
        for one in content["annotations"]:
            one["segmentation"] = make(one["segmentation"])

    return change


def renamed(first_name: str, second_name: str) -> Callable[[dict], None]:
    def change(content: dict) -> None:
        for image, name in zip(content["images"], (first_name, second_name), strict=True):
            image["file_name"] = name

    return change


def runs(counts: Any) -> Callable[[dict], None]:
    return mask({"size": [HEIGHT, WIDTH], "counts": counts})
