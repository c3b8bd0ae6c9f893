"""Annotations and augmentation, beside detectron2's own mapper on the same frames."""

from pathlib import Path

import numpy as np
import pytest
import torch

pytest.importorskip("detectron2", reason="detectron2 is not installed (docs/detectron2.md)")

from detectron2.config import get_cfg
from detectron2.data import DatasetMapper
from detectron2.data import transforms as T  # noqa: N812 - as detectron2 calls it
from detectron2.structures import BitMasks, BoxMode, Instances
from invariant_mask_rcnn.detectron2_augmentation import Detectron2Augmentation
from invariant_mask_rcnn.detectron2_losses import model_input
from invariant_mask_rcnn.samples import as_sample

from workflow_scripts.contracts.coco import CocoSplit
from workflow_scripts.imaging.masks import decode_mask
from workflow_scripts.training.data import TrainingSet, read_labelled_image
from workflow_scripts.training.sources import training_images

pytestmark = pytest.mark.detectron2


@pytest.fixture(scope="module")
def split(shapes) -> CocoSplit:
    """The drawn shapes; the second image's first instance is a group."""
    whole = CocoSplit.read(shapes / "train" / "annotations.json")
    second = whole.images[1].id
    first = whole.instances_by_image[second][0].id
    instances = [
        type(instance)(**{**vars(instance), "iscrowd": int(instance.id == first)})
        for instance in whole.instances
    ]
    return CocoSplit(whole.classes, whole.images, tuple(instances))


def dicts_of(split: CocoSplit, folder: Path) -> list[dict]:
    """The split as detectron2 describes data sets."""
    return [
        {
            "file_name": str(folder / image.file_name),
            "height": image.height,
            "width": image.width,
            "annotations": [
                {
                    "bbox": list(instance.bbox),
                    "bbox_mode": BoxMode.XYWH_ABS,
                    "category_id": instance.category_id - 1,
                    "segmentation": {
                        **instance.segmentation,
                        "counts": instance.segmentation["counts"].encode(),
                    },
                    "iscrowd": instance.iscrowd,
                }
                for instance in split.instances_by_image[image.id]
            ],
        }
        for image in split.images
    ]


def frames_of(instances: Instances, height: int, width: int) -> np.ndarray:
    """Cropped masks in their frames, (n, height, width) bool."""
    masks = instances.gt_masks
    frames = np.zeros((len(masks), height + 400, width + 400), bool)
    for frame, which in zip(frames, masks.chosen.tolist(), strict=True):
        crop = masks.crops[which].numpy()
        x, y = masks.corners[which].int().tolist()
        frame[200 + y : 200 + y + crop.shape[0], 200 + x : 200 + x + crop.shape[1]] = crop
    return frames[:, 200 : 200 + height, 200 : 200 + width]


MAPPINGS = {
    "as it is": [],
    "smaller": [T.ResizeShortestEdge([37, 40, 61], 2000, "choice"), T.RandomFlip()],
    "larger": [T.ResizeShortestEdge((70, 150), 250), T.RandomFlip(vertical=True, horizontal=False)],
    "cropped": [
        T.RandomCrop("relative_range", (0.5, 0.5)),
        T.ResizeShortestEdge([50], 2000, "choice"),
        T.RandomFlip(),
    ],
    "any change": [T.RandomRotation([10, 30]), T.RandomFlip()],
}


@pytest.mark.parametrize("name", MAPPINGS)
def test_scenes_are_those_of_detectron2s_mapper(split, shapes, name):
    augmentations = MAPPINGS[name]
    mapper = DatasetMapper(
        is_train=True,
        augmentations=augmentations,
        image_format="BGR",
        use_instance_mask=True,
        instance_mask_format="bitmask",
        recompute_boxes=name == "cropped",
    )
    for number, description in enumerate(dicts_of(split, shapes / "train")):
        image = split.images[number]
        scene = read_labelled_image(image, shapes / "train", split.instances_by_image[image.id])
        ours = model_input(
            as_sample(
                Detectron2Augmentation(augmentations, "BGR")(scene, np.random.default_rng(number)),
                0,
            )
        )
        np.random.seed(int(np.random.default_rng(number).integers(2**32)))  # noqa: NPY002
        theirs = mapper(description)
        assert torch.equal(ours["image"], theirs["image"])
        ours, theirs = ours["instances"], theirs["instances"]
        assert torch.equal(ours.gt_classes, theirs.gt_classes)
        torch.testing.assert_close(ours.gt_boxes.tensor, theirs.gt_boxes.tensor)
        found = frames_of(ours, *ours.image_size)
        # Beyond the frame's edge, crops repeat its last pixel.
        np.testing.assert_array_equal(found, theirs.gt_masks.tensor.numpy())


def test_annotations_lose_no_pixel_and_groups_are_ignored(split, shapes):
    images = training_images(split)
    sequence = TrainingSet(
        split,
        shapes / "train",
        None,
        Detectron2Augmentation([], "RGB"),
        seed=0,
    )
    assert len(sequence) == len(images)
    seen = set()
    for position in range(len(images)):
        instances = model_input(sequence[position])["instances"]
        frames = frames_of(instances, *instances.image_size)
        fitting = [
            image
            for image in images
            if [decode_mask(one.segmentation).tobytes() for one in truth_of(split, image.id)]
            == [frame.tobytes() for frame in frames]
        ]
        assert len(fitting) == 1
        truth = truth_of(split, fitting[0].id)
        assert instances.gt_classes.tolist() == [one.category_id - 1 for one in truth]
        seen.add(fitting[0].id)
    assert seen == {image.id for image in images}


def truth_of(split: CocoSplit, image: int) -> list:
    """The instances of an image that are no groups."""
    return [instance for instance in split.instances_by_image[image] if not instance.iscrowd]


def test_cropped_masks_are_seen_as_those_of_the_whole_frame(split, shapes):
    image = split.images[0]
    scene = read_labelled_image(image, shapes / "train", split.instances_by_image[image.id])
    masks = model_input(as_sample(scene, seed=0))["instances"].gt_masks
    frames = BitMasks(
        np.stack([decode_mask(one.segmentation) for one in split.instances_by_image[image.id]])
    )
    random = np.random.default_rng(0)
    which = torch.from_numpy(random.integers(0, len(masks), 200))
    corners = random.random((200, 2, 2)) * (image.width, image.height)
    boxes = torch.from_numpy(np.sort(corners, axis=1).reshape(-1, 4).astype(np.float32))
    boxes[:5] = torch.tensor([0, 0, image.width, image.height])
    ours = masks[which].crop_and_resize(boxes, 28)
    assert torch.equal(ours, frames[which].crop_and_resize(boxes, 28))
    some = which > 0
    assert torch.equal(
        masks[which][some].crop_and_resize(boxes[some], 14),
        frames[which][some].crop_and_resize(boxes[some], 14),
    )
    assert masks.nonempty().all() and len(masks[1]) == 1


def test_the_recipes_augmentation_is_that_of_detectron2s_mapper():
    from tests.training.detectron2.conftest import small_settings  # noqa: PLC0415
    from workflow_scripts.training.engines.detectron2.engine import (  # noqa: PLC0415
        Detectron2Engine,
    )

    crop = {"INPUT.CROP.ENABLED": True, "INPUT.CROP.SIZE": [0.5, 0.5]}
    engine = Detectron2Engine(small_settings(options=crop), classes=2)
    ours = engine.augmentation().augmentations
    theirs = DatasetMapper(engine.model_config.cfg, is_train=True).augmentations.augs
    assert list(map(str, ours)) == list(map(str, theirs))
    assert "BGR" == engine.augmentation().image_format == get_cfg().INPUT.FORMAT
