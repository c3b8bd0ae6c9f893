"""`anonymization donors`: photographs whose faces `method: natural` mixes new ones from."""

import json
from collections import Counter
from pathlib import Path

import cv2
import numpy as np
from image_files import listing
from natural_pii import LEAST_PEOPLE, FaceRegion, UnwrappedFace, donors_of, unwrapped
from pii_detectors import CenterFaceSearch
from plain_commands.console import log, progress
from plain_commands.errors import UserError
from plain_commands.files import atomic, read_bytes, sha256_of_file

from workflow_scripts.common.cli import Folder, NewFile
from workflow_scripts.imaging.images import decode_image

WIDTH = 100.0
"""Width to which larger faces are reduced, pixels: new ones are not sharper."""
SEARCH = CenterFaceSearch(threshold=0.5)


def donors(photographs: Folder, /, *, output: NewFile) -> None:
    """Make a file of faces that method natural mixes new faces from (`donors`).

    The largest face of each photograph is used. All photographs directly in one subfolder count as
    one person; each photograph outside of a subfolder counts as another person. Faces that are
    turned away, covered, bearded or behind glasses are left out.

    Use only photographs of people who gave their consent, or who do not exist: a recogniser
    distinguishes donors from other people slightly better than chance.

    Args:
        photographs: folder of portraits, and of folders with those of one person each.
        output: the file (.npz).

    Raises:
        UserError: there are too few people, or a photograph cannot be read.
    """
    if not photographs.is_dir():
        raise UserError(f"{photographs}: no such folder; name a folder of photographs")
    found = listing(photographs)
    for line in found.left_out:
        log.warning("left out: %s", line)
    people: dict[Path, list[UnwrappedFace]] = {}
    left_out: Counter[str] = Counter()
    for name in progress(found.images, total=len(found.images), description="reading faces"):
        path = photographs / name
        image = decode_image(read_bytes(path), path, upright=True)
        face = _largest_face(image)
        laid_out = None if face is None else unwrapped(*_reduced(image, face))
        if laid_out is None:
            left_out["without a face" if face is None else "turned away or covered"] += 1
        else:
            person = path if path.parent == photographs else path.parent
            people.setdefault(person, []).append(laid_out)
    made, others = donors_of(list(people.values()))
    left_out += others
    count = len(np.unique(made.people))
    for reason, number in left_out.most_common():
        log.info("%d left out: %s", number, reason)
    if count < LEAST_PEOPLE:
        raise UserError(
            f"{photographs}: usable faces of {count} people in {len(found.images)} images; at "
            f"least {LEAST_PEOPLE} people are needed, and 200 are better"
        )
    with atomic(output) as unfinished:
        made.write(unfinished)
    log.info("%s: %d faces of %d people", output, len(made), count)
    source = json.dumps(str(output), ensure_ascii=False)  # a comma would end it in YAML
    print(
        "Add to a variant with method natural:\n"
        f"  donors: {{source: {source}, sha256: {sha256_of_file(output)}, licence: …}}"
    )


def _largest_face(image: np.ndarray) -> FaceRegion | None:
    faces = SEARCH.find(image)
    if not len(faces.boxes):
        return None
    sizes = (faces.boxes[:, 2:] - faces.boxes[:, :2]).prod(axis=1)
    best = int(sizes.argmax())
    points = tuple((float(x), float(y)) for x, y in faces.landmarks[best])
    x0, y0, x1, y1 = faces.boxes[best].tolist()
    return FaceRegion(x0, y0, x1, y1, points)


def _reduced(image: np.ndarray, face: FaceRegion) -> tuple[np.ndarray, FaceRegion]:
    """An image and its face, made smaller if the face is wider than `WIDTH`."""
    factor = WIDTH / face.width
    if factor >= 1:
        return image, face
    size = [max(round(factor * side), 1) for side in image.shape[1::-1]]
    across, down = size[0] / image.shape[1], size[1] / image.shape[0]
    points = tuple((x * across, y * down) for x, y in face.landmarks or ())
    box = face.x0 * across, face.y0 * down, face.x1 * across, face.y1 * down
    return cv2.resize(image, size, interpolation=cv2.INTER_AREA), FaceRegion(*box, points)
