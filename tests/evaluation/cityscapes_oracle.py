"""The evaluation of cityscapesScripts, repaired for numpy 2.4, on made-up images."""

import tempfile
from pathlib import Path

import cityscapesscripts.evaluation.evalInstanceLevelSemanticLabeling as original  # noqa: N813
import numpy as np
from PIL import Image

from workflow_scripts.contracts.cityscapes import LABEL_IDS
from workflow_scripts.contracts.coco import CocoSplit
from workflow_scripts.dataset.indexed_split import IndexedSplit


def split_of(read, classes):
    """Read images (a list of ReadImage) as a split."""
    with tempfile.TemporaryDirectory() as folder:
        indexed = IndexedSplit(classes, Path(folder))
        for one in read:
            indexed.add(one)
        indexed.write(Path(folder) / "train.coco.json", ())
        return CocoSplit.read(Path(folder) / "train.coco.json")


def write(folder, ids, predictions):
    """Write what the original reads.

    Args:
        folder: for the files.
        ids: (height, width) uint16 instance id image of each frame.
        predictions: for each frame, `(class name, score, (height, width) bool)` of each prediction.

    Returns:
        for each frame, its id image and what the original calls `predInfo`.
    """
    job = []
    for number, (frame, found) in enumerate(zip(ids, predictions, strict=True)):
        path = folder / f"{number}.png"
        Image.fromarray(frame).save(path)
        masks = {}
        for index, (name, score, mask) in enumerate(found):
            file = folder / f"{number}_{index}.png"
            Image.fromarray(mask.astype(np.uint8) * 255).save(file)
            masks[str(file)] = {"labelID": LABEL_IDS[name], "conf": score}
        job.append((str(path), masks))
    return job


def evaluate(job):
    """Class name to (AP, AP50), and `all`, by the original; NaN where undefined."""
    repaired = not hasattr(original.np, "in1d")
    if repaired:
        original.np.in1d = np.isin
    try:
        return _evaluate(job)
    finally:
        if repaired:
            del original.np.in1d


def _evaluate(job):
    arguments = original.args
    original.setInstanceLabels(arguments)
    truths = original.instances2dict([path for path, _ in job])
    matches = {}
    for (key, instances), (path, masks) in zip(truths.items(), job, strict=True):
        truth, assigned = original.assignGt2Preds(
            original.filterGtInstances(instances, arguments), Image.open(path), masks, arguments
        )
        matches[key] = {"groundTruth": truth, "prediction": assigned}
    averages = original.computeAverages(original.evaluateMatches(matches, arguments), arguments)
    result = {name: (of["ap"], of["ap50%"]) for name, of in averages["classes"].items()}
    return result | {"all": (averages["allAp"], averages["allAp50%"])}
