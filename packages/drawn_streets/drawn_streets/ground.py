"""Sky, skyline and ground of a scene."""

from itertools import pairwise

import cv2
import numpy as np

from . import shapes
from .camera import Camera
from .canvas import Canvas, Pen
from .colours import Colour, jittered, mixed, scaled
from .labels import Label
from .light import SceneLight, tone
from .street import Side, Street

_BANDS = (0.9, 4.0, 6.0, 9.0, 13.0, 19.0, 28.0, 42.0, 70.0, 400.0)
"""Depths in metres between which the ground has a single colour."""
_MARKING: Colour = (222, 222, 216)


class Ground:
    """Drawing of a scene's ground.

    Args:
        pens: one pen per stuff label.
        camera: camera of the scene.
        light: light of the scene.
    """

    def __init__(self, pens: dict[Label, Pen], camera: Camera, light: SceneLight) -> None:
        self.pens = pens
        self.camera = camera
        self.light = light
        self.brightness = light.gain(np.array([0.0, 1.0, 0.0]))

    def colour(self, colour: Colour, depth: float, gain: float = 1.0) -> Colour:
        """Colour on the ground at a depth."""
        return tone(self.light, depth, self.brightness).of(colour, gain)

    def strip(
        self,
        label: Label,
        across: tuple[float, float],
        depths: tuple[float, float],
        colour: Colour,
    ) -> None:
        """Fill a rectangle on the ground, fading with depth."""
        (x0, x1), (z0, z1) = across, depths
        edges = [z0, *(z for z in _BANDS if z0 < z < z1), z1]
        for near, far in pairwise(edges):
            corners = np.array([(x0, near), (x1, near), (x1, far), (x0, far)])
            shade = self.colour(colour, (near + min(far, 2 * near)) / 2)
            self.pens[label].fill(self.camera.ground(corners), shade)

    def patches(self, label: Label, rectangles: np.ndarray | list, colour: Colour) -> None:
        """Fill rectangles (n, 4) as x0, z0, x1, z1 that do not overlap, grouped by depth."""
        rectangles = np.asarray(rectangles, dtype=np.float64).reshape(-1, 4)
        depth = np.digitize(rectangles[:, 1], _BANDS)
        for band in np.unique(depth):
            group = rectangles[depth == band]
            outlines = self.camera.ground(shapes.boxes(group))
            shade = self.colour(colour, float(group[:, 1].mean()))
            self.pens[label].fill_all(outlines, shade)


def draw_sky(canvas: Canvas, pen: Pen, camera: Camera, light: SceneLight,
             rng: np.random.Generator) -> None:  # fmt: skip
    """Fill everything above the horizon with a gradient and clouds."""
    rows = min(int(camera.horizon) + 2, canvas.height)
    share = np.linspace(0, 1, rows, dtype=np.float32)[:, None, None] ** 0.8
    top, low = (np.asarray(c, np.float32) for c in light.sky)
    small = np.broadcast_to(top + (low - top) * share, (rows, canvas.width, 3))
    noise = np.zeros((rows, canvas.width), np.float32)
    for size, weight in ((4, 0.6), (10, 0.4)):
        coarse = rng.random((size, size * 2), dtype=np.float32)
        noise += weight * cv2.resize(coarse, (canvas.width, rows), interpolation=cv2.INTER_CUBIC)
    cover = np.clip((noise - (1 - light.clouds * 0.75)) * 4 + 0.5, 0, 1)[:, :, None] * 0.75
    white = np.asarray(mixed(light.haze, (252, 250, 246), 0.55), np.float32)
    sky = np.full((rows, canvas.width, 4), pen.surface, np.uint8)
    sky[:, :, :3] = small + (white - small) * cover
    scale = canvas.scale
    fine = (canvas.width * scale, rows * scale)
    cv2.resize(sky, fine, dst=canvas.pixels[: rows * scale])


def draw_skyline(pen: Pen, trees: Pen, camera: Camera, light: SceneLight,
                 rng: np.random.Generator) -> None:  # fmt: skip
    """Draw the far end of the street: roofs and crowns in the haze."""
    depth, x = 130.0, -150.0
    shade = tone(light, depth * 0.7)
    base = camera.horizon + 0.004 * camera.width
    unit = camera.scale(depth)
    while x < 150:
        width, height = rng.uniform(7, 16), rng.uniform(6, 19)
        left, right = camera.centre + unit * x, camera.centre + unit * (x + width)
        box = shapes.box(left, camera.horizon - unit * height, right, base)
        pen.fill(box, shade.of(jittered(rng, (150, 152, 158), 0.12)))
        x += width
    for _ in range(16):
        u = camera.centre + unit * rng.uniform(-150, 150)
        crown = shapes.ellipse(u, base - unit * 3, unit * rng.uniform(5, 11), unit * 5)
        trees.fill(crown, shade.of((86, 112 + 20 * rng.random(), 74)))


def draw_ground(ground: Ground, street: Street, rng: np.random.Generator) -> None:
    """Draw sidewalks, grass, road, markings and rails."""
    camera = ground.camera
    paving = jittered(rng, (168, 162, 154), 0.08)
    asphalt = jittered(rng, (100, 101, 105), 0.12)
    left, right = street.curbs
    below = shapes.box(0, camera.horizon, camera.width, camera.height)
    ground.pens[Label.SIDEWALK].fill(below, ground.colour(paving, 60))
    ground.strip(Label.SIDEWALK, (-200, 200), (0.9, 400), paving)
    for wall, side, sign in zip(street.walls, street.sides, (-1, 1), strict=True):
        if side is Side.PARK:
            x0, x1 = sorted((wall - sign * 1.4, wall + sign * 120))
            ground.strip(Label.TERRAIN, (x0, x1), (0.9, 400), jittered(rng, (104, 136, 72), 0.1))
    if street.junction:
        start, stop = street.junction
        ground.strip(Label.SIDEWALK, (-200, 200), (start - 2.5, stop + 2.5), paving)
        ground.strip(Label.ROAD, (-200, 200), (start, stop), asphalt)
    _joints(ground, street, paving)
    if street.plaza:
        _rails(ground, street, Label.SIDEWALK)
        return
    ground.strip(Label.ROAD, (left, right), (0.9, 400), asphalt)
    spots = [(x, z, x + rng.uniform(0.6, 1.8), z + rng.uniform(0.8, 4)) for x, z in
             zip(rng.uniform(left, right - 2, 5), rng.uniform(4, 30, 5), strict=True)]  # fmt: skip
    for spot in spots:
        ground.patches(Label.ROAD, [spot], scaled(asphalt, rng.uniform(0.88, 1.08)))
    _curbs(ground, street, scaled(paving, 1.12))
    _rails(ground, street, Label.ROAD)
    _markings(ground, street)


def _joints(ground: Ground, street: Street, paving: Colour) -> None:
    """Draw the lines between the slabs of the sidewalks."""
    left, right = street.curbs
    reach = [(street.walls[0], left), (right, street.walls[1])]
    if street.plaza:
        reach = [(street.walls[0], street.walls[1])]
    depths = np.arange(3.0, 26.0, 1.5)
    if street.junction:
        start, stop = street.junction
        depths = depths[(depths < start - 0.2) | (depths > stop)]
    lines = [(x0, z, x1, z + 0.03 + 0.002 * z) for x0, x1 in reach for z in depths]
    ground.patches(Label.SIDEWALK, lines, scaled(paving, 0.86))
    along = [(x, 2.0, x + 0.03, depths[-1]) for x0, x1 in reach for x in np.arange(x0, x1, 1.5)[1:]]
    ground.patches(Label.SIDEWALK, along, scaled(paving, 0.88))


def _curbs(ground: Ground, street: Street, stone: Colour) -> None:
    spans = [(0.9, 120.0)]
    if street.junction:
        spans = [(0.9, street.junction[0]), (street.junction[1], 120.0)]
    for curb, sign in zip(street.curbs, (-1, 1), strict=True):
        for near, far in spans:
            x0, x1 = sorted((curb, curb + sign * 0.22))
            ground.strip(Label.SIDEWALK, (x0, x1), (near, far), stone)
            x0, x1 = sorted((curb, curb - sign * 0.12))
            ground.strip(Label.ROAD, (x0, x1), (near, far), scaled(stone, 0.55))


def _rails(ground: Ground, street: Street, label: Label) -> None:
    steel: Colour = (70, 72, 78)
    if street.track is not None:
        for x in (street.track - 0.72, street.track + 0.72):
            ground.strip(label, (x - 0.11, x + 0.11), (0.9, 90), scaled(steel, 0.8))
            ground.strip(label, (x - 0.04, x + 0.04), (0.9, 90), (170, 174, 180))
    if street.crossing_track:
        for middle, _ in street.cross_lanes():
            for z in (middle - 0.72, middle + 0.72):
                ground.patches(label, [(-60, z - 0.1, 60, z + 0.1)], steel)


def _markings(ground: Ground, street: Street) -> None:
    left, right = street.curbs
    starts = np.arange(3.0, 66.0, 6.0)
    if street.junction:
        start, stop = street.junction
        starts = starts[(starts + 3 < start - 4.5) | (starts > stop)]
    if street.zebra:
        starts = starts[(starts + 3 < street.zebra - 1) | (starts > street.zebra + 3.2)]
    borders = sorted(
        {(a.x + b.x) / 2 for a, b in zip(street.lanes, street.lanes[1:], strict=False)}
    )
    dashes = [(x - 0.08, z, x + 0.08, z + 3.0) for x in borders for z in starts]
    ground.patches(Label.ROAD, dashes, _MARKING)
    edges = [(x - 1.1 if x > 0 else x + 0.98, z, x - 0.98 if x > 0 else x + 1.1, z + 5.0)
             for x in street.parking for z in np.arange(3.0, 40.0, 5.0)
             if not (street.junction and street.junction[0] - 5 < z < street.junction[1])
             and not (street.zebra and z < street.zebra + 3 and z + 5 > street.zebra)]  # fmt: skip
    ground.patches(Label.ROAD, edges, scaled(_MARKING, 0.9))
    if street.zebra:
        stripes = np.arange(left + 0.3, right - 0.5, 1.0)
        bars = [(x, street.zebra, x + 0.55, street.zebra + 3.0) for x in stripes]
        ground.patches(Label.ROAD, bars, (230, 230, 226))
        if street.junction and street.lanes:
            lane = street.lanes[0].x
            line = [(lane - 1.5, street.zebra - 1.2, lane + 1.5, street.zebra - 0.8)]
            ground.patches(Label.ROAD, line, (230, 230, 226))


def draw_hood(pen: Pen, camera: Camera) -> None:
    """Draw the bonnet of the recording car at the lower edge."""
    width, height = camera.width, camera.height
    u = np.linspace(-0.02, 1.02, 25)
    rise = 0.05 * height * (1 - (2 * u - 1) ** 4)
    top = np.stack([u * width, height - rise], axis=1)
    pen.fill_all(
        [np.concatenate([top, [(width * 1.02, height + 5), (-5, height + 5)]])], (38, 40, 44)
    )
    shine = np.concatenate([top, (top + np.array((0, 0.010 * height)))[::-1]])
    pen.fill_all([shine], (96, 100, 108))


def cast_shadows(canvas: Canvas, camera: Camera, light: SceneLight,
                 outlines: list[np.ndarray], contacts: list[np.ndarray]) -> None:  # fmt: skip
    """Darken the ground.

    Args:
        canvas: canvas with the finished ground.
        camera: camera of the scene.
        light: light of the scene, which determines how dark shadows are.
        outlines: cast shadows, (n, 2) each, convex, image pixels.
        contacts: ground directly below an object, which receives no light from the sky, (n, 2)
            each, convex, image pixels.
    """
    top = max(int(camera.horizon * canvas.scale), 0)
    region = canvas.pixels[top:]
    if region.size == 0:
        return
    for polygons, strength in ((outlines, light.shadow), (contacts, 0.34)):
        mask = np.zeros(region.shape[:2], np.uint8)
        for polygon in polygons:
            fixed = polygon * canvas.scale * 16 - (8, top * 16 + 8)
            cv2.fillConvexPoly(mask, np.clip(fixed, -1e6, 1e6).astype(np.int32), 255, shift=4)
        table = np.repeat(np.arange(256, dtype=np.float32)[:, None], 4, axis=1)
        table[:, :3] *= 1 - strength * np.array([1.0, 0.97, 0.90], np.float32)
        x, y, width, height = cv2.boundingRect(mask)
        window = np.s_[y : y + height, x : x + width]
        if width and height:
            dark = cv2.LUT(region[window], table.astype(np.uint8)[None])
            cv2.copyTo(dark, mask[window], region[window])
