"""Exports of annotation tools, by their own writers; README.md says which versions made these.

python make_exports.py {datumaro,label_studio,supervision} FOLDER
"""
# ruff: noqa: PLC0415  # each tool has an environment of its own

import json
import os
import sys
from pathlib import Path

import cv2
import numpy as np

WIDTH, HEIGHT = 64, 40
NAMES = ("street_1", "street_2", "street_3")
CAR = [(4.0, 12.0), (30.0, 12.0), (30.0, 28.0), (4.0, 28.0)]
PERSON = [(40.5, 6.0), (50.0, 8.5), (48.0, 30.0), (41.0, 30.0)]
FAR = [(55.0, 10.0), (60.0, 10.0), (60.0, 16.0), (55.0, 16.0)]


def image(number: int) -> np.ndarray:
    """(HEIGHT, WIDTH, 3) uint8."""
    pixels = np.full((HEIGHT, WIDTH, 3), 90 + 20 * number, np.uint8)
    for colour, outline in (((40, 40, 160), CAR), ((180, 120, 60), PERSON), ((30, 90, 30), FAR)):
        cv2.fillPoly(pixels, [np.array(outline, np.int32)], colour)
    return pixels


def mask(*outlines: list[tuple[float, float]]) -> np.ndarray:
    """(HEIGHT, WIDTH) bool."""
    filled = np.zeros((HEIGHT, WIDTH), np.uint8)
    for outline in outlines:
        cv2.fillPoly(filled, [np.array(outline, np.int32)], 1)
    return filled.astype(bool)


def ring() -> np.ndarray:
    """A mask with a hole in it, (HEIGHT, WIDTH) bool."""
    filled = mask(CAR)
    filled[17:22, 12:20] = False
    return filled


def datumaro(folder: Path) -> None:
    """What CVAT exports: polygons, a brush mask, an object of two parts."""
    from datumaro.components.annotation import Mask, Polygon
    from datumaro.components.dataset import Dataset
    from datumaro.components.dataset_base import DatasetItem
    from datumaro.components.media import Image

    def polygon(outline, label, group):
        return Polygon([value for point in outline for value in point], label=label, group=group)

    annotations = {
        "street_1": [polygon(CAR, 0, 1), polygon(PERSON, 1, 2)],
        "street_2": [Mask(ring(), label=0, group=1), polygon(FAR, 0, 2)],
        "street_3": [polygon(CAR, 0, 1), polygon(FAR, 0, 1), polygon(PERSON, 1, 2)],
    }
    items = [
        DatasetItem(
            id=name,
            subset="train",
            media=Image.from_numpy(image(number)),
            annotations=annotations[name],
        )
        for number, name in enumerate(NAMES)
    ]
    made = Dataset.from_iterable(items, categories=["car", "person"])
    made.export(str(folder), "coco_instances", save_media=True)


def label_studio(folder: Path) -> None:
    """What Label Studio exports: polygons, drawn in percent of the image."""
    from label_studio_sdk.converter import Converter

    config = """<View><Image name="image" value="$image"/>
      <PolygonLabels name="label" toName="image"><Label value="car"/><Label value="person"/>
      </PolygonLabels></View>"""

    def polygon(outline, label, number):
        points = [[100 * x / WIDTH, 100 * y / HEIGHT] for x, y in outline]
        return {
            "id": f"r{number}",
            "type": "polygonlabels",
            "from_name": "label",
            "to_name": "image",
            "original_width": WIDTH,
            "original_height": HEIGHT,
            "image_rotation": 0,
            "value": {"points": points, "polygonlabels": [label]},
        }

    results = (
        [polygon(CAR, "car", 1), polygon(PERSON, "person", 2)],
        [polygon(FAR, "car", 3)],
        [polygon(CAR, "car", 4), polygon(FAR, "car", 5), polygon(PERSON, "person", 6)],
    )
    tasks = []
    (folder / "images").mkdir(parents=True)
    for number, (name, result) in enumerate(zip(NAMES, results, strict=True)):
        cv2.imwrite(str(folder / "images" / f"{name}.png"), image(number))
        annotation = {"id": number, "was_cancelled": False, "result": result, "completed_by": 1}
        data = {"image": f"images/{name}.png"}
        tasks.append({"id": number, "data": data, "annotations": [annotation]})
    os.chdir(folder)
    Path("tasks.json").write_text(json.dumps(tasks))
    Converter(config, ".").convert_to_coco("tasks.json", ".", is_dir=False)
    Path("tasks.json").unlink()


def supervision(folder: Path) -> None:
    """What Roboflow's library writes: masks as polygons, masks with a hole or parts as RLE."""
    import supervision as sv

    masks = {
        "street_1": ([mask(CAR), mask(PERSON)], [0, 1]),
        "street_2": ([ring(), mask(FAR)], [0, 0]),
        "street_3": ([mask(CAR, FAR), mask(PERSON)], [0, 1]),
    }
    paths, detections = [], {}
    (folder / "images").mkdir(parents=True)
    for number, (name, (found, classes)) in enumerate(masks.items()):
        path = str(folder / "images" / f"{name}.png")
        cv2.imwrite(path, image(number))
        paths.append(path)
        stack = np.stack(found)
        detections[path] = sv.Detections(
            xyxy=sv.mask_to_xyxy(stack), mask=stack, class_id=np.array(classes)
        )
    made = sv.DetectionDataset(["car", "person"], paths, detections)
    made.as_coco(annotations_path=str(folder / "annotations.json"))


if __name__ == "__main__":
    {"datumaro": datumaro, "label_studio": label_studio, "supervision": supervision}[sys.argv[1]](
        Path(sys.argv[2])
    )
