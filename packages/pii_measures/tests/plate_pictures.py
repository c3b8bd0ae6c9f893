"""Pictures of license plates for tests, in a font that the packages do not draw."""

from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

import cv2
import matplotlib
import numpy as np
from pii_measures import PlateRegion, Reading, read_plate
from PIL import Image, ImageDraw, ImageFont

FONT = Path(matplotlib.get_data_path()) / "fonts" / "ttf" / "DejaVuSans-Bold.ttf"
CAP = 180
"""Cap height of a straight plate whose lines are 264 pixels high."""


@dataclass(frozen=True)
class PhotoStyle:
    """Appearance of a plate and of its photograph."""

    ground: tuple[int, int, int] = (232, 233, 228)
    ink: tuple[int, int, int] = (24, 24, 28)
    car: tuple[int, int, int] = (90, 94, 104)
    band: bool = True
    frame: bool = True
    seals: bool = False
    """Whether a round seal stands in each gap between groups."""
    seal: tuple[int, int, int] = (150, 160, 150)
    yaw: float = 0.0
    """Degrees."""
    roll: float = 0.0
    blur: float = 0.5
    """Standard deviation, pixels."""
    motion: int = 0
    """Length of a horizontal motion blur, pixels."""
    noise: float = 2.0
    light: float = 1.0
    gradient: float = 0.1
    shadow: bool = False
    dirt: float = 0.0


LOOKS = {
    "plain": PhotoStyle(seals=True),
    "dark ground": PhotoStyle(ground=(30, 40, 90), ink=(230, 230, 230), band=False),
    "night": PhotoStyle(light=0.3, noise=4, blur=0.8),
    "oblique": PhotoStyle(yaw=50, blur=0.6),
    "shadow and dirt": PhotoStyle(shadow=True, dirt=0.3),
    "white on white": PhotoStyle(car=(225, 226, 230), frame=False, band=False, gradient=0.2),
    "red ink, turned": PhotoStyle(ink=(190, 30, 30), roll=4, yaw=-25),
    "yellow": PhotoStyle(ground=(235, 200, 60), band=False, motion=2),
}


@dataclass(frozen=True)
class PlatePhoto:
    """A photograph of a plate and the truth about it."""

    image: np.ndarray
    quad: np.ndarray
    """(4, 2), x and y with the origin in the corner of the first pixel."""
    text: tuple[str, ...]
    to_image: np.ndarray = field(repr=False)
    """(3, 3), straight plate to image, both with the origin in a corner."""
    characters: tuple[tuple[float, float, float, float], ...] = ()
    """x0, y0, x1, y1 of each on the straight plate."""
    straight: tuple[int, int] = (0, 0)
    """Width and height of the straight plate."""

    def region(self, loose: float = 0.0, quad: bool = True) -> PlateRegion:
        """Region of the plate, its quad enlarged by a share of width and height on each side."""
        points = self.quad.mean(axis=0) + (self.quad - self.quad.mean(axis=0)) * (1 + 2 * loose)
        (x0, y0), (x1, y1) = points.min(axis=0), points.max(axis=0)
        height, width = self.image.shape[:2]
        box = (max(x0, 0), max(y0, 0), min(x1, width), min(y1, height))
        corners = tuple((float(x), float(y)) for x, y in points) if quad else None
        return PlateRegion(*map(float, box), quad=corners)

    def part(
        self, left: float, right: float, top: float = 0, bottom: float | None = None
    ) -> PlateRegion:
        """Region whose quad ends at two x and two y of the straight plate."""
        bottom = self.straight[1] if bottom is None else bottom
        corners = np.float64([[(left, top), (right, top), (right, bottom), (left, bottom)]])
        quad = cv2.perspectiveTransform(corners, self.to_image)[0]
        (x0, y0), (x1, y1) = quad.min(axis=0).tolist(), quad.max(axis=0).tolist()
        return PlateRegion(x0, y0, x1, y1, tuple(map(tuple, quad.tolist())))

    def read(self) -> Reading:
        """Reading of the plate."""
        height, width = self.image.shape[:2]
        return read_plate(self.image, self.quad - 0.5, (0, 0, width, height))


@lru_cache(maxsize=64)
def _ink(char: str) -> np.ndarray:
    font = ImageFont.truetype(str(FONT), round(CAP / 0.729))
    canvas = Image.new("L", (300, 300), 0)
    ImageDraw.Draw(canvas).text((20, 20), char, 255, font)
    x0, y0, x1, y1 = canvas.getbbox()
    drawn = np.asarray(canvas)[y0:y1, x0:x1]
    slot = round(0.6 * CAP)  # on plates, most characters are equally wide
    width = slot if char not in "I1" else round(0.45 * slot)
    ink = cv2.resize(drawn, (width, CAP), interpolation=cv2.INTER_AREA) / 255.0
    return cv2.copyMakeBorder(
        ink, 0, 0, (slot - width) // 2, slot - width - (slot - width) // 2, cv2.BORDER_CONSTANT
    )


def straight(lines: tuple[str, ...], look: PhotoStyle):
    """A plate seen straight on: (h, w, 3) float and the boxes of its characters."""
    two = len(lines) == 2
    h, w = (480, 680) if two else (264, 1248)
    plate = np.empty((h, w, 3))
    plate[:] = look.ground
    left = 96 if look.band else 0
    boxes = []
    for number, line in enumerate(lines):
        y = (26 if number == 0 else 480 - 26 - CAP) if two else (264 - CAP) // 2
        sizes = [70 if char == " " else _ink(char).shape[1] for char in line]
        gap = 22 if two else 26
        squeeze = min(1.0, (w - left - 70) / (sum(sizes) + gap * (len(line) - 1)))
        sizes, gap = [round(size * squeeze) for size in sizes], gap * squeeze
        x = left + (w - left - sum(sizes) - gap * (len(line) - 1)) / 2
        for char, size in zip(line, sizes, strict=True):
            if char != " ":
                a = cv2.resize(_ink(char), (size, CAP), interpolation=cv2.INTER_AREA)[..., None]
                part = plate[y : y + CAP, round(x) : round(x) + size]
                part[:] = part * (1 - a) + np.float64(look.ink) * a
                boxes.append((x, y, x + size, y + CAP))
            elif look.seals:
                centre = (round(x + size / 2), y + CAP // 2)
                cv2.circle(plate, centre, 30, look.seal, -1, cv2.LINE_AA)
            x += size + gap
    if look.band:
        plate[:, :left] = (30, 60, 160)
        cv2.putText(plate, "D", (22, h - 30), cv2.FONT_HERSHEY_SIMPLEX, 2.2, (240,) * 3, 8)
    if look.frame:
        cv2.rectangle(plate, (0, 0), (w - 1, h - 1), look.ink, 14)
    if look.dirt:
        rng = np.random.default_rng(3)
        spots = cv2.GaussianBlur(rng.random((h, w)), (0, 0), 40)
        spots = np.clip((spots - spots.mean()) / spots.std() * 0.5 + 0.5, 0, 1)[..., None]
        plate = plate * (1 - look.dirt * spots) + np.float64([120, 105, 85]) * look.dirt * spots
    if look.shadow:
        y, x = np.mgrid[:h, :w]
        plate[(x - w * 0.45) > (y - h / 2) * 1.5] *= 0.55
    return plate, tuple(boxes)


def photograph(
    lines: tuple[str, ...],
    width: float,
    look: PhotoStyle = PhotoStyle(),
    seed: int = 0,
    grain: int | None = None,
) -> PlatePhoto:
    """A photograph of a plate that is about `width` pixels wide when seen straight on.

    `seed` determines its exact place and its noise; `grain`, where given, the noise.
    """
    rng = np.random.default_rng(seed)
    plate, boxes = straight(lines, look)
    h, w = plate.shape[:2]
    height = width * h / w
    size = (int(width * 1.5 + 24), int(height * 2.5 + 24))
    yaw, roll = np.radians(look.yaw), np.radians(look.roll)
    corners = np.float64([(-1, -h / w), (1, -h / w), (1, h / w), (-1, h / w)]) * width / 2
    depth = 1 + corners[:, :1] * np.sin(yaw) / (6 * width)
    corners = corners * (np.cos(yaw), 1) / depth
    corners = corners + np.column_stack([np.zeros(4), corners[:, 0] * 0.12 * np.sin(yaw)])
    turn = np.float64([(np.cos(roll), np.sin(roll)), (-np.sin(roll), np.cos(roll))])
    quad = corners @ turn + np.float64(size) / 2 + rng.uniform(-0.5, 0.5, 2)
    source = np.float32([(0, 0), (w, 0), (w, h), (0, h)])
    to_image = cv2.getPerspectiveTransform(source, np.float32(quad))
    s = int(np.clip(np.ceil(400 / width), 2, 10))
    fine = np.diag([s, s, 1.0]) @ to_image
    car = np.empty((size[1] * s, size[0] * s, 3), np.float32)
    car[:] = np.float64(look.car) * (1 + 0.12 * np.linspace(1, -1, len(car))[:, None, None])
    big = cv2.warpPerspective(
        np.float32(plate), fine, (size[0] * s, size[1] * s), flags=cv2.INTER_AREA
    )
    cover = cv2.warpPerspective(np.ones((h, w), np.float32), fine, (size[0] * s, size[1] * s))
    scene = cv2.resize(
        car * (1 - cover[..., None]) + big * cover[..., None], size, interpolation=cv2.INTER_AREA
    )
    x = np.linspace(-1, 1, size[0])[None, :, None]
    scene = scene * look.light * (1 + look.gradient * x)
    if look.motion > 1:
        scene = cv2.blur(scene, (look.motion, 1))
    if look.blur:
        scene = cv2.GaussianBlur(scene, (0, 0), look.blur)
    rng = rng if grain is None else np.random.default_rng(grain)
    scene = (
        scene
        + rng.normal(0, look.noise, (*scene.shape[:2], 1))
        + rng.normal(0, look.noise / 2, scene.shape)
    )
    image = np.clip(np.round(scene), 0, 255).astype(np.uint8)
    return PlatePhoto(image, quad, lines, to_image, boxes, (w, h))


def invented(rng: np.random.Generator, two: bool = False) -> tuple[str, ...]:
    """A registration like a German one."""
    letters, digits = list("ABCDEFGHKLMNPRSTUVWXZ"), list("0123456789")
    first = "".join(rng.choice(letters, int(rng.integers(1, 4))))
    second = "".join(rng.choice(letters, int(rng.integers(1, 3))))
    number = "".join(rng.choice(digits, int(rng.integers(2, 5))))
    return (first, f"{second} {number[:3]}") if two else (f"{first} {second} {number}",)
