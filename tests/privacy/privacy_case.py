"""Two images with faces and a plate, their index, variants of them, and the audit of these."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
from drawn_face import draw_face
from PIL import Image
from plain_commands.files import link_or_copy, sha256_of, sha256_of_file
from plate_pictures import photograph

from tests.commands import privacy as main
from workflow_scripts.contracts.coco import CocoImage, CocoSplit
from workflow_scripts.contracts.manifest import Change, Entry, read_manifest, write_manifest
from workflow_scripts.contracts.regions import Kind, Region, read_regions, with_ids, write_regions
from workflow_scripts.imaging.images import read_image, write_png

WIDTH, HEIGHT = 320, 200
NAMES = ("a.png", "b.png", "empty.jpg")
DETECTORS = {
    "faces": {"detector": "centerface"},
    "license_plates": {"detector": "annotations"},
}
FACES = {"a.png": [(70, 60, 44), (180, 70, 60)], "b.png": [(100, 80, 50)]}
PLATE_AT = (190, 140)


def face_at(name: str, x: float, y: float, height: float) -> Region:
    """The region of a face as `draw_face` draws it."""
    unit = height / 100
    points = [(-15, -4), (15, -4), (0, 12), (-12, 30), (12, 30)]
    landmarks = tuple((x + unit * dx, y + unit * dy) for dx, dy in points)
    box = (x - 36 * unit, y - 41 * unit, x + 36 * unit, y + 51 * unit)
    return with_ids([Region(name, Kind.FACE, 0.9, *box, landmarks=landmarks)])[0]


def make_data(tmp_path: Path) -> Path:
    """Three images: two faces; a face and a plate; nothing."""
    regions = []
    for name in NAMES:
        image = np.full((HEIGHT, WIDTH, 3), (130, 150, 170), np.uint8)
        for place in FACES.get(name, ()):
            draw_face(image, *place)
            regions.append(face_at(name, *place))
        if name == "b.png":
            picture = photograph(("BK HE 728",), 80)
            x, y = PLATE_AT
            h, w = picture.image.shape[:2]
            w, h = min(w, WIDTH - x), min(h, HEIGHT - y)
            image[y : y + h, x : x + w] = picture.image[:h, :w]
            quad = tuple((px + x, py + y) for px, py in picture.region().quad)
            box = (*np.min(quad, axis=0).tolist(), *np.max(quad, axis=0).tolist())
            regions += with_ids([Region(name, Kind.LICENSE_PLATE, 1, *box, quad=quad)])
        noise = np.random.default_rng(1).normal(0, 2, image.shape)
        image = np.clip(image + noise, 0, 255).astype(np.uint8)
        write_png(tmp_path / "in" / name, image)
        if name.endswith("jpg"):
            Image.fromarray(image).save(tmp_path / "in" / name, comment=b"hello")
    images = tuple(
        CocoImage(n, name, WIDTH, HEIGHT, sha256_of_file(tmp_path / "in" / name))
        for n, name in enumerate(NAMES)
    )
    CocoSplit(("person",), images, ()).write(tmp_path / "train.coco.json")
    write_regions(tmp_path / "0.parquet", [r for r in regions if r.image == "a.png"])
    write_regions(tmp_path / "1.parquet", [r for r in regions if r.image != "a.png"])
    return tmp_path


def regions_in(name: str) -> list[Region]:
    return [face_at(name, *place) for place in FACES[name]]


def blacked_out(data: Path, variant: str = "black", method: str = "blackbox") -> Path:
    """A variant in which all faces and the plate are black, and its manifest."""
    folder = data / "images" / variant / "train"
    entries = []
    tables = [read_regions(data / table) for table in ("0.parquet", "1.parquet")]
    regions = {name: [r for table in tables for r in table if r.image == name] for name in NAMES}
    for name in NAMES:
        raw = (data / "in" / name).read_bytes()
        source = sha256_of(raw)
        if name not in FACES:
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(raw)
            entries.append(Entry(name, name, source, source, linked=True))
            continue
        image = read_image(data / "in" / name)
        boxes = [(r.x0 - 2, r.y0 - 2, r.x1 + 2, r.y1 + 2) for r in regions_in(name)]
        if name == "b.png":
            boxes.append((*PLATE_AT, WIDTH, HEIGHT))
        changes = []
        for region, box in zip(regions[name], boxes, strict=True):
            x0, y0, x1, y1 = (int(value) for value in box)
            image[y0 : y1 + 1, x0 : x1 + 1] = 0
            whole = (x0, y0, min(x1 + 1, WIDTH), min(y1 + 1, HEIGHT))
            changes.append(Change.of(region, method, whole))
        write_png(folder / name, image)
        digest = sha256_of_file(folder / name)
        entries.append(Entry(name, name, digest, source, False, tuple(changes)))
    write_manifest(folder / "manifest.parquet", entries)
    return folder


def rewrite(folder: Path, name: str, pixels: np.ndarray | None = None, **changes) -> None:
    """Give a variant's image other pixels, or its manifest's line other values."""
    if pixels is not None:
        write_png(folder / name, pixels)
        changes["sha256"] = sha256_of_file(folder / name)
    path = folder / "manifest.parquet"
    entries = [replace(e, **changes) if e.image == name else e for e in read_manifest(path)]
    write_manifest(path, entries)


def dropping(data: Path, *names: str) -> Path:
    """A variant that drops some images and leaves the others as they are."""
    folder = data / "images/drop/train"
    shutil.rmtree(folder, ignore_errors=True)
    regions = [one for table in ("0.parquet", "1.parquet") for one in read_regions(data / table)]
    entries = []
    for name in NAMES:
        source, asked = sha256_of_file(data / "in" / name), sum(r.image == name for r in regions)
        if name in names:
            entries.append(Entry(name, "", "", source, False, asked=asked, dropped=True))
        else:
            link_or_copy(data / "in" / name, folder / name)
            entries.append(Entry(name, name, source, source, True, asked=asked))
    write_manifest(folder / "manifest.parquet", entries)
    return folder


def audit(data: Path, folder: Path | None, **more) -> tuple[int, dict]:
    output = data / "privacy" / f"{folder.parent.name if folder else 'unmodified'}.json"
    given = {
        "settings": json.dumps(DETECTORS),
        "variant": output.stem,
        "annotations": data / "train.coco.json",
        "images": data / "in",
        "regions": [data / "0.parquet", data / "1.parquet"],
        **({"anonymized": folder} if folder else {}),
        "output": output,
        **more,
    }
    code = run("audit", given)
    return code, json.loads(output.read_text()) if output.exists() else {}


def run(action: str, given: dict) -> int:
    flat = [
        str(part)
        for key, value in given.items()
        for part in (f"--{key}", *(value if isinstance(value, list) else [value]))
    ]
    return main([action, *flat])


def figure(data: Path, show_originals: bool, *folders: Path) -> bytes:
    given = {
        "settings": json.dumps({"show_originals": show_originals}),
        "annotations": data / "train.coco.json",
        "images": data / "in",
        "regions": [data / "0.parquet", data / "1.parquet"],
        "manifests": [folder / "manifest.parquet" for folder in folders],
        "output": data / "figures",
    }
    assert run("figure", given) == 0
    return (data / "figures/before_after.png").read_bytes()


def shows_a_face(png: bytes) -> bool:
    """Whether any pixel has the skin colour of `draw_face`."""
    image = cv2.imdecode(np.frombuffer(png, np.uint8), cv2.IMREAD_COLOR_RGB).astype(int)
    return bool((np.abs(image - (222, 178, 148)).max(axis=2) < 6).any())
