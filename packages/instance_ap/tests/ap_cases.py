"""Made-up evaluations: ground truth, and COCO results that meet it more or less."""

from dataclasses import dataclass

import numpy as np
from hotcoco import mask as rle_codec
from instance_ap.ground_truth import TruthImage, TruthInstance, TruthSet

WIDTH, HEIGHT = 220, 160


@dataclass(frozen=True)
class Case:
    """What a made-up evaluation consists of."""

    images: int = 5
    classes: int = 3
    objects: int = 8
    """At most, an image."""
    predictions: int = 16
    """At most, an image."""
    crowds: float = 0.0
    empty_masks: float = 0.0
    score_levels: int | None = None
    """Round scores to so many levels: ties."""
    classes_with_objects: int | None = None
    """Only the first so many classes have ground truth."""
    largest: int = 150
    with_boxes: bool = True


CASES = {
    "plain": Case(),
    "no predictions": Case(predictions=0),
    "no ground truth at all": Case(objects=0),
    "nothing at all": Case(objects=0, predictions=0),
    "classes without ground truth": Case(classes=5, classes_with_objects=2),
    "crowds": Case(crowds=0.4),
    "only crowds": Case(crowds=1.0),
    "equal scores": Case(score_levels=4, images=8),
    "one score": Case(score_levels=1, images=8),
    "more than 100 predictions": Case(classes=1, images=2, predictions=300),
    "more than 100, equal scores": Case(classes=1, images=2, predictions=300, score_levels=3),
    "empty masks": Case(empty_masks=0.3),
    "small objects only": Case(largest=25),
    "boxes from masks": Case(with_boxes=False, empty_masks=0.2),
    "everything": Case(
        images=9, crowds=0.2, empty_masks=0.1, score_levels=5, classes=6, classes_with_objects=4
    ),
}


def made_up(case, seed):
    """A ground truth and COCO results on it: ellipses, and predictions near them or anywhere."""
    generator = np.random.default_rng(seed)
    objects, results = [], []
    for image_id in range(1, case.images + 1):
        here = []
        for _ in range(generator.integers(case.objects // 2, case.objects + 1)):
            place = _place(generator, case.largest)
            category_id = int(generator.integers(case.classes_with_objects or case.classes)) + 1
            here.append((place, category_id))
            mask, area = _mask(place, generator.random() < case.empty_masks)
            objects.append(
                TruthInstance(
                    image_id=image_id,
                    category_id=category_id,
                    bbox=tuple(map(float, place)),
                    area=area,
                    segmentation=mask,
                    iscrowd=int(generator.random() < case.crowds),
                )
            )
        for _ in range(generator.integers(case.predictions // 2, case.predictions + 1)):
            place, category_id = _place(generator, case.largest), 0
            if here and generator.random() < 0.7:
                (x, y, width, height), category_id = here[generator.integers(len(here))]
                x = int(np.clip(x + generator.integers(-4, 5), 0, WIDTH - width))
                y = int(np.clip(y + generator.integers(-4, 5), 0, HEIGHT - height))
                place = (x, y, width, height)
            if generator.random() < 0.1 or not category_id:
                category_id = int(generator.integers(case.classes)) + 1
            score = float(generator.random())
            if case.score_levels:
                score = np.ceil(score * case.score_levels) / case.score_levels
            result = {
                "image_id": image_id,
                "category_id": category_id,
                "segmentation": _mask(place, generator.random() < case.empty_masks)[0],
                "score": float(score),
            }
            if case.with_boxes:
                result["bbox"] = [edge + float(generator.random()) for edge in place]
            results.append(result)
    images = tuple(
        TruthImage(number, f"{number}.png", WIDTH, HEIGHT) for number in range(1, case.images + 1)
    )
    names = tuple(f"class {number}" for number in range(1, case.classes + 1))
    return TruthSet(names, images, tuple(objects)), results


def _place(generator, largest):
    width, height = (int(generator.integers(3, largest)) for _ in range(2))
    return (
        int(generator.integers(WIDTH - width)),
        int(generator.integers(HEIGHT - height)),
        width,
        height,
    )


def _mask(place, empty):
    x, y, width, height = place
    rows, columns = np.mgrid[:height, :width]
    inside = (columns / width * 2 - 1) ** 2 + (rows / height * 2 - 1) ** 2 <= 1
    inside &= not empty
    return encoded(inside, x, y, WIDTH, HEIGHT)


def encoded(crop, x, y, width, height):
    """A (h, w) bool crop at column x and row y of a frame, as an RLE; and its area."""
    frame = np.zeros((height, width), np.uint8, order="F")
    frame[y : y + crop.shape[0], x : x + crop.shape[1]] = crop
    mask = rle_codec.encode(frame)
    return {"size": [height, width], "counts": mask["counts"].decode()}, int(crop.sum())
