"""Ground truth of a drawn scene: silhouettes, occlusion, and the visible faces and plates."""

from dataclasses import dataclass

import numpy as np

from .actor_drawing import Stage
from .actors import Actor, ActorKind
from .canvas import Canvas
from .labels import LICENSE_PLATE, Label
from .marks import Mark, VisibleFace, VisiblePlate
from .outlines import Polygon, outline

SMALLEST = 0.0008
"""Visible share of the image below which an object is left out."""
MOST_HIDDEN = 0.75
"""Hidden share of an object's silhouette above which it is left out."""
_WHOLE = 0.98
"""Visible share from which a plate's polygon is given by its corners."""
_CROWN = 2.8
"""Overhang of a tree's crown beyond its footprint, metres."""


@dataclass(frozen=True)
class DrawnObject:
    """Object as drawn, before anything nearer covers it.

    Attributes:
        actor: actor of the object.
        label: label of the object.
        value: value in the id image.
        area: silhouette inside the image, pixels.
        points: (n, 2) int, outline in pixels; None if it is outside the image.
    """

    actor: Actor
    label: Label
    value: int
    area: int
    points: np.ndarray | None

    @property
    def title(self) -> str:
        """Label in polygon files."""
        return self.label.title + ("group" if self.actor.crowd else "")


@dataclass(frozen=True)
class DrawnMark:
    """Face or plate and its canvas pixels before anything nearer covers it."""

    mark: Mark
    pixels: int


def object_of(
    stage: Stage, actor: Actor, label: Label, value: int, *, first: int = 0
) -> DrawnObject:
    """Measure an object directly after it was drawn; its surfaces start at number `first`."""
    camera = stage.camera
    pad = (_CROWN if actor.kind is ActorKind.TREE else 0.5) * camera.scale(actor.extent[1]) + 2
    x0, y0, x1, y1 = actor.box(camera)
    top, left = max(int(y0 - pad), 0), max(int(x0 - pad), 0)
    bottom, right = max(int(y1 + pad) + 1, top), max(int(x1 + pad) + 1, left)
    surfaces = stage.canvas.sampled()[top:bottom, left:right]
    owner = np.asarray(stage.canvas.values) == value
    owner[:first] = False
    mask = owner[surfaces]
    points = outline(mask) if mask.any() else None
    if points is not None:
        points = points + np.array((left, top))
    return DrawnObject(actor, label, value, int(np.count_nonzero(mask)), points)


def hardly_visible(canvas: Canvas, objects: list[DrawnObject]) -> set[Actor]:
    """Actors that are insufficiently visible in the finished scene."""
    visible = np.bincount(canvas.ids().ravel(), minlength=34_000)
    smallest = max(SMALLEST * canvas.width * canvas.height, 1)
    return {
        instance.actor
        for instance in objects
        if instance.value >= 1000
        and visible[instance.value] < max(smallest, (1 - MOST_HIDDEN) * instance.area)
    }


def visible_part(canvas: Canvas, shown: DrawnMark) -> VisibleFace | VisiblePlate | None:
    """Visible part of a face or plate in the finished scene; None if it is hidden."""
    mark = shown.mark
    rows, columns = canvas.window(mark.box)
    mine = canvas.pixels[rows, columns, 3] == mark.pen.surface
    half, scale = canvas.scale // 2, canvas.scale
    if not mine[
        (half - rows.start) % scale :: scale, (half - columns.start) % scale :: scale
    ].any():
        return None
    down, across = np.flatnonzero(mine.any(axis=1)), np.flatnonzero(mine.any(axis=0))
    box = (
        float((columns.start + across[0]) / scale),
        float((rows.start + down[0]) / scale),
        float((columns.start + across[-1] + 1) / scale),
        float((rows.start + down[-1] + 1) / scale),
    )
    share = np.count_nonzero(mine) / max(shown.pixels, 1) * _share_inside(mark.box, canvas)
    visible, instance = float(min(share, 1.0)), canvas.values[mark.pen.surface]
    if mark.landmarks is not None:
        return VisibleFace(box, visible, instance, mark.landmarks)
    return VisiblePlate(box, visible, instance, mark.outline, mark.text)


def _share_inside(box: np.ndarray, canvas: Canvas) -> float:
    size = np.maximum(box[2:] - box[:2], 1e-9)
    limit = np.array([canvas.width, canvas.height])
    inside = np.clip(box[2:], 0, limit) - np.clip(box[:2], 0, limit)
    return float(np.prod(inside / size))


def plate_polygon(canvas: Canvas, mark: Mark, plate: VisiblePlate) -> Polygon:
    """Polygon of a plate: its corners, or the outline of its visible part."""
    if plate.visible >= _WHOLE:
        return Polygon(LICENSE_PLATE, np.floor(mark.outline).astype(int))
    rows, columns = canvas.window(mark.box)
    mine = canvas.pixels[rows, columns, 3] == mark.pen.surface
    points = outline(mine)
    x0, y0, x1, y1 = plate.box
    if points is None:
        points = np.array([(x0, y0), (x1, y0), (x1, y1), (x0, y1)])
    else:
        points = (points + np.array((columns.start, rows.start))) / canvas.scale
    return Polygon(LICENSE_PLATE, np.floor(points).astype(int))
