"""Proposed configs: recognition of a data set on disk, and a commented config for it.

The texts are config.yaml and the demonstration's config with another data set.
"""

import json
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from plain_commands.errors import UserError
from plain_commands.files import read_json

from workflow_scripts.common.fingerprint import ROOT
from workflow_scripts.contracts import cityscapes
from workflow_scripts.contracts.settings import CLASSES

SYNONYMS = {
    "pedestrian": "person",
    "people": "person",
    "human": "person",
    "cyclist": "rider",
    "bicyclist": "rider",
    "motorcyclist": "rider",
    "automobile": "car",
    "lorry": "truck",
    "motorbike": "motorcycle",
    "bike": "bicycle",
}
PERSONS = ("person", "rider")
VEHICLES = ("car", "truck", "bus", "train", "motorcycle")
SPLIT_WORDS = {"train": ("train",), "val": ("val", "test")}
"""Word prefixes in an annotation file's name that identify its split; earlier ones win."""
HEADER = """\
# Written by `python -m workflow_scripts init`. Lines with CHECK are guesses. config.schema.json
# lists every key with its type, default and meaning; `python -m workflow_scripts config FILE`
# checks this file.

"""
IMAGES_LOOKED_FOR = 20
"""Number of an annotation file's images that are searched for to find their folder."""


@dataclass
class Proposal:
    """A config, and the guesses that its author has to check.

    Attributes:
        text: YAML with comments.
        found: what was recognized, in one line.
        checks: one line per guess.
    """

    text: str
    found: str
    checks: list[str] = field(default_factory=list)


def propose(paths: Sequence[Path], name: str) -> Proposal:
    """A config for the data set at some paths.

    Args:
        paths: one folder in the Cityscapes layout, or COCO annotation files or folders of them.
        name: name of the experiment.

    Raises:
        UserError: a path is missing, or neither layout is recognized.
    """
    for path in paths:
        if not path.exists():
            raise UserError(f"{path}: no such file or folder")
    images = cityscapes.IMAGE_FOLDER
    if len(paths) == 1 and (paths[0] / images).is_dir():
        return _of_cityscapes(paths[0], name)
    return _of_coco(paths, name)


def propose_drawn(name: str) -> Proposal:
    """The config of the demonstration, on drawn street scenes."""
    text = (ROOT / "profiles/demo/experiment.yaml").read_text(encoding="utf-8")
    text = text[text.index("experiment:") :]
    text = _with(text, r"^experiment: .*$", f"experiment: {name}")
    text = _with(
        text, r"^dataset:\n", "dataset:\n  # CHECK how many scenes to draw, and their size\n"
    )
    return Proposal(HEADER + text, "drawn street scenes", ["dataset: how many scenes to draw"])


def _of_cityscapes(root: Path, name: str) -> Proposal:
    if not (root / cityscapes.LABEL_FOLDER).is_dir():
        raise UserError(f"{root}: no {cityscapes.LABEL_FOLDER} beside the images")
    counts = {split: len(cityscapes.image_files(root, split)) for split in cityscapes.SPLITS}
    full = counts == cityscapes.FULL_COUNTS
    found = f"Cityscapes layout, {counts['train']} training and {counts['val']} validation images"
    checks = [f"{root}: no {split} images" for split in ("train", "val") if not counts[split]]
    if not full:
        checks.append("dataset.full: false, since the counts are not those of Cityscapes")
    plates = "annotations"
    if not any((root / cityscapes.LABEL_FOLDER).rglob("*_polygons.json")):
        plates = "plates"
        checks.append(
            "pii.license_plates: without polygon files, a network finds the license plates"
        )
    dataset = [
        "kind: cityscapes",
        "# Folder that holds leftImg8bit/ and gtFine/.",
        f"root: {_yaml(root.resolve())}",
        "# Require the complete data set: 2975 training, 500 validation and 1525 test images.",
        f"full: {_yaml(full)}",
    ]
    return Proposal(_config(name, dataset, plates, [], checks), found, checks)


def _of_coco(paths: Sequence[Path], name: str) -> Proposal:
    contents = {file: content for file in _json_files(paths) if (content := _coco(file))}
    if not contents:
        raise UserError(
            f"{', '.join(map(str, paths))}: neither the Cityscapes layout (leftImg8bit and gtFine) "
            "nor a COCO annotation file (images, annotations, categories); `dataset convert` makes "
            "one of labels of YOLO, KITTI, BDD100K and ZOD; images without labels need no config: "
            "`python -m workflow_scripts anonymize FOLDER --method natural --output NEW`"
        )
    checks: list[str] = []
    files = _splits(list(contents), checks)
    folders = {
        split: _image_folder(file, contents[file], paths, split, checks)
        for split, file in files.items()
    }
    counts = {split: _instances(contents[file], file, checks) for split, file in files.items()}
    classes, mapping, ignored = _classes(counts, checks)
    dataset = ["kind: coco"]
    for split, file in files.items():
        dataset += [
            f"{split}:",
            f"  images: {_yaml(folders[split].resolve())}",
            f"  annotations: {_yaml(file.resolve())}",
        ]
    dataset += ["# Categories of the files, with their instances in training and validation:"]
    for category in sorted({*counts["train"], *counts["val"]}):
        dataset += [f"#   {category!r}: {counts['train'][category]}, {counts['val'][category]}"]
    dataset += [
        "# The rows of Table II, in this order.",
        f"classes: {_yaml(classes)}",
        "# From a category of the files to one of the classes, where they differ.",
        f"class_mapping: {_yaml(mapping)}",
        "# Categories whose objects are left out.",
        f"ignored_classes: {_yaml(ignored)}",
    ]
    persons = [name for name in PERSONS if name in classes]
    vehicles = [name for name in VEHICLES if name in classes]
    pii = [f"person_classes: {_yaml(persons)}", f"vehicle_classes: {_yaml(vehicles)}"]
    if not persons or not vehicles:
        checks.append(
            "pii.only_on_labelled: false, since no class is a person, or no class is a vehicle"
        )
        pii = []
    checks.append("pii.license_plates: a network finds plates; name your own boxes if you have any")
    boxes_only = all(_are_boxes_only(contents[file]) for file in files.values())
    if boxes_only:
        checks.append("task: boxes, since no annotation has a mask")
    text = _config(name, dataset, "plates", pii, checks)
    if boxes_only:
        text = _with(text, "^task: masks$", "task: boxes")
    if not pii:
        text = _with(text, "^  only_on_labelled: true$", "  only_on_labelled: false")
    images = {split: len(contents[file]["images"]) for split, file in files.items()}
    found = (
        f"COCO files, {images['train']} training and {images['val']} validation images, "
        f"{len(classes)} classes"
    )
    return Proposal(text, found, checks)


def _json_files(paths: Iterable[Path]) -> list[Path]:
    """The given JSON files, and those at most two levels below a given folder."""
    files: list[Path] = []
    for path in paths:
        patterns = ("*.json", "*/*.json", "*/*/*.json")
        found = [file for pattern in patterns for file in sorted(path.glob(pattern))]
        files += found if path.is_dir() else [path]
    return files


def _coco(file: Path) -> dict[str, Any] | None:
    """The content of a COCO annotation file; None for other JSON."""
    try:
        content = read_json(file)
    except UserError:
        return None
    lists = ("images", "annotations", "categories")
    is_coco = isinstance(content, dict) and all(isinstance(content.get(x), list) for x in lists)
    if not is_coco:
        return None
    # The index reports malformed entries; here they are ignored.
    content = {name: [entry for entry in content[name] if _is_entry(entry)] for name in lists}
    return content if content["images"] else None


def _is_entry(entry: Any) -> bool:
    ids = ("id", "category_id", "image_id")
    return isinstance(entry, dict) and not any(isinstance(entry.get(x), list | dict) for x in ids)


def _splits(files: list[Path], checks: list[str]) -> dict[str, Path]:
    """The annotation file of each split."""
    names = {file: file.name for file in files}
    if len(set(names.values())) < len(files):  # the folder names distinguish them
        names = {file: f"{file.parent.name} {file.name}" for file in files}
    # COCO's own captions and keypoints are not instances.
    instances = [file for file in files if "instances" in file.name] or files
    chosen: dict[str, Path] = {}
    for split, starts in SPLIT_WORDS.items():
        named = [
            file
            for start in starts
            for file in instances
            if any(word.startswith(start) for word in re.findall("[a-z]+", names[file].lower()))
        ]
        if named:
            chosen[split] = named[0]
            if len(named) > 1:
                checks.append(f"dataset.{split}.annotations: {named[0]} is one of {len(named)}")
    for split in SPLIT_WORDS:
        if split not in chosen:
            left = [file for file in files if file not in chosen.values()] or files
            chosen[split] = left[0]
            checks.append(f"dataset.{split}.annotations: no file name has {split!r}; {left[0]}?")
    if chosen["train"] == chosen["val"]:
        checks.append("dataset: training and validation are the same file; split it")
    return {split: chosen[split] for split in SPLIT_WORDS}


def _image_folder(
    file: Path, content: dict[str, Any], paths: Sequence[Path], split: str, checks: list[str]
) -> Path:
    """The folder that the file names of an annotation file are relative to."""
    roots = [file.parent, file.parent.parent, *(path for path in paths if path.is_dir())]
    below = [sub for root in roots for sub in sorted(root.glob("*/")) + sorted(root.glob("*/*/"))]
    names = [str(image.get("file_name")) for image in content["images"][:IMAGES_LOOKED_FOR]]
    fitting = [
        folder
        for folder in dict.fromkeys([*roots, *below])
        if all((folder / name).is_file() for name in names)
    ]
    # Splits may use the same image numbers.
    of_split = [one for one in fitting if one.name.lower().startswith(SPLIT_WORDS[split])]
    if fitting and not of_split and len(fitting) > 1:
        checks.append(f"dataset.{split}.images: {fitting[0]} is one of {len(fitting)}")
    if fitting:
        return (of_split or fitting)[0]
    checks.append(
        f"dataset.{split}.images: no folder has {names[0]} and the others of {file}; name the "
        "folder of the images behind the files"
    )
    return file.parent


def _instances(content: dict[str, Any], file: Path, checks: list[str]) -> Counter[str]:
    """Number of instances per category."""
    names = {one.get("id"): str(one.get("name")) for one in content["categories"]}
    counts = Counter(dict.fromkeys(names.values(), 0))
    for annotation in content["annotations"]:
        if annotation.get("category_id") in names and not annotation.get("iscrowd"):
            counts[names[annotation["category_id"]]] += 1
    without = sum(not annotation.get("segmentation") for annotation in content["annotations"])
    if without and not _are_boxes_only(content):
        checks.append(
            f"{file}: {without} annotations have no mask; add masks, or set task to boxes"
        )
    return counts


def _are_boxes_only(content: dict[str, Any]) -> bool:
    """Whether there are annotations, and none has a mask."""
    annotations = content["annotations"]
    return bool(annotations) and not any(one.get("segmentation") for one in annotations)


def _classes(
    counts: dict[str, Counter[str]], checks: list[str]
) -> tuple[list[str], dict[str, str], list[str]]:
    """Classes, mapping and ignored categories: known street classes first, then others by count."""
    mapping: dict[str, str] = {}
    classes: list[str] = []
    ignored: list[str] = []
    total = counts["train"] + counts["val"]
    for category in sorted({*counts["train"], *counts["val"]}, key=lambda one: (-total[one], one)):
        plain = category.strip().lower()
        known = SYNONYMS.get(plain, plain)
        target = known if known in CLASSES else category
        if not counts["train"][category] or not counts["val"][category]:
            ignored.append(category)
            checks.append(f"dataset.ignored_classes: {category!r} has no instance in a split")
            continue
        if target == "all":
            target = "all_"
        if target != category:
            mapping[category] = target
            checks.append(f"dataset.class_mapping: {category!r} is mapped to {target!r}")
        if target not in classes:
            classes.append(target)
    if not classes:
        raise UserError("no category has instances in both training and validation")
    ordered = [name for name in CLASSES if name in classes]
    return ordered + [name for name in classes if name not in ordered], mapping, ignored


def _config(name: str, dataset: list[str], plates: str, pii: list[str], checks: list[str]) -> str:
    """The project's config.yaml with another data set in it."""
    text = (ROOT / "config.yaml").read_text(encoding="utf-8")
    body = [*(f"# CHECK {' '.join(check.split())}" for check in checks), *dataset]
    body += [
        "# Approximate number of images per detection or anonymization job.",
        "images_per_shard: 100",
    ]
    block = "".join(f"  {line}\n" for line in body)
    text = text[text.index("# Results are written to") :]
    text = _with(text, r"^experiment: .*$", f"experiment: {name}")
    text = _with(text, r"^dataset:\n(?:  .*\n)+", f"dataset:\n{block}")
    if plates != "annotations":
        comment = "# A small network that ships with the workflow (docs/own-data.md)."
        section = f"  license_plates:\n    {comment}\n    detector: {plates}\n"
        text = _with(text, r"^  license_plates:\n(?:    .*\n)+", section)
    if pii:
        lines = "".join(f"  {line}\n" for line in pii)
        text = _with(text, r"^(  min_overlap: .*\n)", rf"\g<1>{_escaped(lines)}")
    return HEADER + text


def _with(text: str, pattern: str, replacement: str) -> str:
    """`text` with the only match of a pattern replaced."""
    plain = replacement if r"\g<" in replacement else _escaped(replacement)
    changed, count = re.subn(pattern, plain, text, count=1, flags=re.M)
    if not count:
        raise ValueError(f"no line of the template matches {pattern!r}")
    return changed


def _escaped(text: str) -> str:
    return text.replace("\\", r"\\")


def _yaml(value: Any) -> str:
    """A value in YAML's flow style, of which JSON is a subset."""
    return json.dumps(str(value) if isinstance(value, Path) else value, ensure_ascii=False)
