"""`anonymization donors`: photographs whose faces `method: natural` mixes new ones from."""

import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from image_files import listing, printable
from natural_pii import (
    FaceRegion,
    FallbackReason,
    UnwrappedFace,
    donors_of,
    unwrapped,
)
from pii_detectors import CenterFaceSearch
from plain_commands.console import log, progress
from plain_commands.errors import UserError
from plain_commands.files import atomic, read_bytes, sha256_of_file

from workflow_scripts.common.cli import ImageFolder, NewFile
from workflow_scripts.contracts.regions import Kind, Region
from workflow_scripts.imaging.images import decode_image
from workflow_scripts.imaging.pictures import Picture, picture_of

WIDTH = 100.0
"""Width to which larger faces are reduced, pixels: new ones are not sharper."""
SEARCH = CenterFaceSearch(threshold=0.5)


def donors(photographs: ImageFolder, /, *, output: NewFile) -> None:
    """Make a file of faces that method natural mixes new faces from (`donors`).

    The largest face of each photograph is used. All photographs directly in one subfolder count as
    one person; each photograph outside of a subfolder counts as another person. Faces that are
    turned away, covered or blurred are left out, as are unreadable photographs; so are closed eyes,
    bearded mouths and the like, while the rest of these faces is used.

    Use only photographs of people who gave their consent, or who do not exist: a recogniser
    distinguishes donors from other people slightly better than chance.

    Args:
        photographs: folder of portraits, and of folders with those of one person each.
        output: the file (.npz).

    Raises:
        UserError: there is no such folder, the output is one of its photographs, or there are
            usable faces of too few people.
    """
    if not photographs.is_dir():
        raise UserError(f"{photographs}: no such folder; name a folder of photographs")
    found = listing(photographs)
    for line in found.left_out:
        log.warning("left out: %s", printable(line))
    _log_assumptions([Path(name) for name in found.images])
    people: dict[Path, list[UnwrappedFace]] = {}
    left_out: Counter[str] = Counter()
    for name in progress(found.images, total=len(found.images), description="reading faces"):
        path = photographs / name
        try:
            face = _unwrapped(decode_image(read_bytes(path), path, upright=True))
        except UserError as error:
            log.warning("left out: %s", printable(str(error)))
            face = "unreadable"
        if isinstance(face, str):
            left_out[face] += 1
        else:
            person = path if path.parent == photographs else path.parent
            people.setdefault(person, []).append(face)
    made, others = donors_of(list(people.values()))
    for reason, number in (left_out + others.faces).most_common():
        log.info("%d left out: %s", number, reason)
    for reason, number in others.parts.most_common():
        log.info("%d used in part, without: %s", number, reason)
    if made.too_few:
        raise UserError(f"{photographs}: {made.too_few}, and 200 are better")
    with atomic(output) as unfinished:
        made.write(unfinished)
    by_part = ", ".join(f"{plural} of {people}" for plural, people in made.people_by_part.items())
    log.info(
        "%s: %d faces of %d people; usable: %s",
        output,
        len(made),
        made.number_of_people,
        by_part,
    )
    source = json.dumps(str(output), ensure_ascii=False)  # a comma would end it in YAML
    print(
        "Add to a variant with method natural, and name the licence or the consent:\n"
        f"  donors: {{source: {source}, sha256: {sha256_of_file(output)}, licence: …}}"
    )


def _log_assumptions(photographs: Sequence[Path]) -> None:
    """Log which photographs are taken for those of different people.

    Args:
        photographs: paths in the folder.
    """
    folders = [path.parent for path in photographs]
    if alone := folders.count(Path()):
        log.info("photographs outside of a subfolder, each of another person: %d", alone)
    people = set(folders) - {Path()}
    if inner := sorted(one for one in people if not people.isdisjoint(one.parents)):
        log.warning(
            "folders inside of a person's folder, each of another person: %d, e.g. %s",
            len(inner),
            printable(str(inner[0])),
        )


def _largest_face(image: np.ndarray) -> Picture | None:
    """An image (h, w, 3) with its largest face, reduced to one of at most `WIDTH`; None without
    a face.
    """
    faces = SEARCH.find(image)
    if not len(faces.boxes):
        return None
    sizes = (faces.boxes[:, 2:] - faces.boxes[:, :2]).prod(axis=1)
    best = int(sizes.argmax())
    points = tuple((float(x), float(y)) for x, y in faces.landmarks[best])
    x0, y0, x1, y1 = faces.boxes[best].tolist()
    face = Region("", Kind.FACE, 1.0, x0, y0, x1, y1, landmarks=points)
    return picture_of(image, [face]).reduced(WIDTH / face.width)


def _unwrapped(image: np.ndarray) -> UnwrappedFace | str:
    """The largest face of an image, or why there is none to be used."""
    picture = _largest_face(image)
    if picture is None:
        return "without a face"
    (region,) = picture.regions
    face = unwrapped(picture.pixels, FaceRegion(*region.box, region.landmarks))
    return face.value if isinstance(face, FallbackReason) else face
