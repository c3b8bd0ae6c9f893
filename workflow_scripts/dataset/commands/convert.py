"""`dataset convert`: labels of other layouts as a COCO file."""

from collections import Counter
from pathlib import Path
from typing import Literal

from plain_commands.console import log
from plain_commands.errors import UserError
from plain_commands.files import read_bytes, refuse_overwriting, write_json

from workflow_scripts.common.cli import File, ImageFolder, NewFile
from workflow_scripts.dataset.conversion import kitti, scalabel, yolo, zod
from workflow_scripts.dataset.conversion.coco_file import as_coco, names_of
from workflow_scripts.dataset.conversion.source import Reader

READERS: dict[str, Reader] = {
    "kitti": kitti.read,
    "scalabel": scalabel.read,
    "yolo": yolo.read,
    "zod": zod.read,
}


def convert(
    layout: Literal["kitti", "scalabel", "yolo", "zod"],
    labels: Path,
    /,
    *,
    images: ImageFolder,
    only: File | None = None,
    output: NewFile,
) -> None:
    """Write labels of another layout as a COCO file, for `dataset: {kind: coco}`.

    kitti: the folder label_2 of the object benchmark. scalabel: a JSON file of BDD100K. yolo: the
    data.yaml with the class names; the text files are found from the images. zod: the folder
    single_frames of Zenseact Open Dataset, which also has the images. Regions in which objects are
    not separated become groups (iscrowd).

    Args:
        layout: layout of the labels.
        labels: file or folder of the labels.
        images: folder of the images.
        only: text file with the images to use, one name per line; folders and suffix are optional.
        output: the COCO file.

    Raises:
        UserError: one line per unreadable label or image; or there are none.
    """
    if labels.is_dir():
        refuse_overwriting((), {"--output": output}, [labels])
    if output.exists() and read_bytes(output)[:1] != b"{":  # such as labels in text files
        raise UserError(f"--output: {output} exists and is no COCO file; name another file")
    names = None if only is None else _names_in(only)
    findings: list[str] = []
    content, left_out = as_coco(READERS[layout](labels, images, findings), images, findings, names)
    if not findings and not content["annotations"]:
        findings.append(
            f"{labels}: no object is labelled" + (f" in the images of {only}" if only else "")
        )
    if findings:
        raise UserError.of(findings)
    write_json(output, content)
    taken = {name for image in content["images"] for name in names_of(image["file_name"])}
    if unknown := sorted((names or set()) - taken):
        log.warning("%s: %d names without an image, e.g. %s", only, len(unknown), unknown[0])
    for kind, count in left_out.items():
        log.warning("%d %s, left out", count, kind)
    classes = {category["id"]: category["name"] for category in content["categories"]}
    counts = Counter(
        classes[one["category_id"]] for one in content["annotations"] if not one["iscrowd"]
    )
    groups = sum(one["iscrowd"] for one in content["annotations"])
    log.info(
        "%s: %d images, %d objects (%s), %d groups",
        output,
        len(content["images"]),
        sum(counts.values()),
        ", ".join(f"{count} {name}" for name, count in counts.most_common()),
        groups,
    )


def _names_in(file: Path) -> set[str]:
    names = {line.strip() for line in read_bytes(file).decode(errors="replace").splitlines()} - {""}
    if not names:
        raise UserError(f"{file}: has no image names")
    return names
