"""Effects of a camera on a flat picture: perspective, light, blur, noise, compression."""

import cv2
import numpy as np

from tools.plate_detector.paper import texture


def homography(
    anchor: tuple[float, float],
    target: tuple[float, float],
    angles: tuple[float, float, float],
    distance: float,
) -> np.ndarray:
    """Homography (3 x 3) from a flat picture to its view by a camera.

    Args:
        anchor: point of the picture (x, y) that is mapped to `target` and keeps its scale.
        target: position in the view, pixels.
        angles: yaw, pitch and roll of the picture, radians.
        distance: distance of the camera in pixels of the picture; small for a strong perspective.
    """
    yaw, pitch, roll = angles
    cy, sy, cp, sp, cr, sr = (f(a) for a in (yaw, pitch, roll) for f in (np.cos, np.sin))
    turn = (
        np.array([[cr, -sr, 0], [sr, cr, 0], [0, 0, 1]])
        @ np.array([[1, 0, 0], [0, cp, -sp], [0, sp, cp]])
        @ np.array([[cy, 0, sy], [0, 1, 0], [-sy, 0, cy]])
    )
    view = np.array([[distance, 0, target[0]], [0, distance, target[1]], [0, 0, 1]])
    flat = np.column_stack((turn[:, 0], turn[:, 1], (0, 0, distance)))
    return view @ flat @ np.array([[1, 0, -anchor[0]], [0, 1, -anchor[1]], [0, 0, 1]])


def photographed(rng: np.random.Generator, image: np.ndarray, smallest: float) -> np.ndarray:
    """Drawn scene as a camera would store it: light, blur, noise, JPEG.

    Args:
        rng: random generator for the strength of the effects.
        image: (h, w, 3) uint8 RGB.
        smallest: width of the smallest plate in it, pixels, which limits the blur.
    """
    lit = _lit(rng, image)
    lit = _blurred(rng, lit, smallest)
    if rng.random() < 0.85:
        height, width = lit.shape[:2]
        sigma = rng.uniform(0.5, 9)
        if rng.random() < 0.5:
            lit += rng.standard_normal((height, width, 1), np.float32) * sigma
        else:
            lit += rng.standard_normal((height, width, 3), np.float32) * sigma
    seen = np.clip(lit, 0, 255).astype(np.uint8)
    if rng.random() < 0.5:
        quality = int(rng.uniform(35, 96))
        _, encoded = cv2.imencode(".jpg", seen, (cv2.IMWRITE_JPEG_QUALITY, quality))
        seen = cv2.imdecode(encoded, cv2.IMREAD_COLOR)
    return seen


def _lit(rng: np.random.Generator, image: np.ndarray) -> np.ndarray:
    """Image with exposure, contrast, colour cast and shadows: (h, w, 3) float32."""
    height, width = image.shape[:2]
    cast: np.ndarray = rng.normal(1, 0.06, 3)
    kind = rng.random()
    if kind < 0.2:  # night, or deep shade
        gain, gamma = rng.uniform(0.15, 0.5), rng.uniform(0.9, 1.3)
        cast = cast * rng.uniform(0.8, 1.15, 3)
    elif kind < 0.32:  # over-exposed
        gain, gamma = rng.uniform(1.2, 1.8), rng.uniform(0.7, 1)
    else:
        gain, gamma = rng.uniform(0.6, 1.15), rng.uniform(0.75, 1.3)
    levels = np.arange(256, dtype=np.float32)[:, None] / 255
    curve = np.clip(levels**gamma * (gain * cast), 0, 1)
    lift = rng.uniform(0, 30) if rng.random() < 0.4 else 0.0  # haze and flare
    table = (lift + curve * (255 - lift)).astype(np.float32)
    lit: np.ndarray = cv2.LUT(image, np.ascontiguousarray(table[None]))
    if rng.random() < 0.3:  # the edge of a shadow
        normal: np.ndarray = rng.normal(0, 1, 2)
        normal /= max(float(np.linalg.norm(normal)), 1e-6)
        along = normal[0] * np.arange(width)[None] + normal[1] * np.arange(height)[:, None]
        edge = rng.uniform(along.min(), along.max())
        soft = rng.uniform(1, 8)
        shade = 1 - rng.uniform(0.2, 0.6) / (1 + np.exp(-np.clip((along - edge) / soft, -30, 30)))
        lit *= shade[..., None].astype(np.float32)
    elif rng.random() < 0.3:
        lit *= (1 + 0.3 * texture(rng, height, width, 24))[..., None]
    return lit


def _blurred(rng: np.random.Generator, image: np.ndarray, smallest: float) -> np.ndarray:
    kind = rng.random()
    if kind < 0.4:
        sigma = rng.uniform(0.3, min(1.6, 0.4 + 0.02 * smallest))
        return cv2.GaussianBlur(image, (0, 0), sigma)
    if kind < 0.6:
        length = int(rng.uniform(2, max(3, min(13, 0.18 * smallest))))
        kernel = np.zeros((length, length), np.float32)
        angle = rng.normal(0, 0.35) if rng.random() < 0.8 else rng.uniform(0, np.pi)
        middle = (length - 1) / 2
        reach = np.array((np.cos(angle), np.sin(angle))) * middle
        start, end = middle - reach, middle + reach
        first, last = ((round(x), round(y)) for x, y in (start.tolist(), end.tolist()))
        cv2.line(kernel, first, last, 1.0, 1)
        return cv2.filter2D(image, -1, kernel / kernel.sum())
    if kind < 0.75:  # a coarse sensor, enlarged
        height, width = image.shape[:2]
        share = rng.uniform(max(0.5, min(0.9, 10 / smallest)), 1)
        small = cv2.resize(image, None, fx=share, fy=share, interpolation=cv2.INTER_AREA)
        return cv2.resize(small, (width, height), interpolation=cv2.INTER_LINEAR)
    if kind < 0.82:  # sharpened by the camera
        return image + rng.uniform(0.3, 1) * (image - cv2.GaussianBlur(image, (0, 0), 1.2))
    return image
