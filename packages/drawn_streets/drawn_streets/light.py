"""Time of day and weather: light on surfaces, haze with distance, grading of the picture."""

from dataclasses import dataclass
from functools import partial

import cv2
import numpy as np

from .colours import Colour, mixed, pick


@dataclass(frozen=True)
class SceneLight:
    """Light of a scene.

    Attributes:
        sun: unit vector towards the sun: x right, y up, z away from the camera.
        ambient: share of light that reaches every surface.
        direct: share of light on a surface that faces the sun.
        shadow: opacity of cast shadows, 0 to 1.
        haze: colour that distant objects fade to.
        haze_depth: metres after which 63 % of a colour is haze.
        sky: colours of the sky at the top and at the horizon.
        cast: gains of red, green and blue in the finished picture.
        gamma: gamma of the finished picture; above 1 is darker.
        noise: standard deviation of the sensor noise, grey levels.
        clouds: clouded share of the sky, 0 to 1.
        lit_windows: share of windows with a light behind them.
        lamps: whether vehicles have their lamps on.
    """

    sun: tuple[float, float, float]
    ambient: float
    direct: float
    shadow: float
    haze: Colour
    haze_depth: float
    sky: tuple[Colour, Colour]
    cast: tuple[float, float, float]
    gamma: float
    noise: float
    clouds: float
    lit_windows: float = 0.04
    lamps: bool = False

    def gain(self, normal: np.ndarray) -> float:
        """Brightness of a surface with a unit normal (3,)."""
        facing = float(normal[0] * self.sun[0] + normal[1] * self.sun[1] + normal[2] * self.sun[2])
        return self.ambient + self.direct * max(facing, 0.0)

    @property
    def upright(self) -> float:
        """Brightness of rounded upright objects such as people."""
        return self.ambient + 0.42 * self.direct

    def fade(self, depth: float) -> float:
        """Share of haze at a depth in metres."""
        return float(1 - np.exp(-max(depth - 4, 0) / self.haze_depth))


@dataclass(frozen=True)
class Tone:
    """Brightness and haze with which an object's colours appear to the camera."""

    gain: float
    haze: Colour
    share: float

    def of(self, colour: Colour, gain: float = 1.0) -> Colour:
        """Colour as it appears; `gain` brightens or darkens it further."""
        factor = self.gain * gain
        lit = (
            min(colour[0] * factor, 255.0),
            min(colour[1] * factor, 255.0),
            min(colour[2] * factor, 255.0),
        )
        return mixed(lit, self.haze, self.share)


def tone(light: SceneLight, depth: float, gain: float | None = None) -> Tone:
    """Tone of an upright object at a depth in metres."""
    brightness = light.upright if gain is None else gain
    return Tone(brightness, light.haze, light.fade(depth))


def sample_light(rng: np.random.Generator) -> SceneLight:
    """Draw a random time of day: sunny, hazy, overcast, golden or dusk."""
    kind = pick(rng, ("sunny", "sunny", "hazy", "overcast", "overcast", "golden", "dusk"))
    azimuth = rng.uniform(-1.0, 1.0)
    height = {"sunny": 0.85, "hazy": 0.8, "overcast": 1.2, "golden": 0.4, "dusk": 0.5}[kind]
    sun = np.array([2 * np.sin(azimuth * 1.4), height * 2, -0.8 + 0.6 * rng.random()])
    sun /= np.linalg.norm(sun)
    cast = 1 + rng.uniform(-0.03, 0.03, 3)
    noise = rng.uniform(1.5, 4.0)
    recipe: partial[SceneLight]
    if kind == "sunny":
        recipe = partial(
            SceneLight,
            ambient=0.66,
            direct=0.50,
            shadow=0.46,
            haze=(196, 212, 226),
            haze_depth=150,
            sky=((92, 146, 212), (196, 218, 236)),
            gamma=1.0,
            clouds=rng.uniform(0, 0.5),
        )
    elif kind == "hazy":
        recipe = partial(
            SceneLight,
            ambient=0.74,
            direct=0.32,
            shadow=0.30,
            haze=(216, 218, 216),
            haze_depth=85,
            sky=((170, 192, 214), (224, 226, 224)),
            gamma=0.97,
            clouds=rng.uniform(0.2, 0.6),
        )
    elif kind == "overcast":
        recipe = partial(
            SceneLight,
            ambient=0.82,
            direct=0.14,
            shadow=0.16,
            haze=(196, 200, 204),
            haze_depth=110,
            sky=((168, 176, 186), (212, 214, 216)),
            gamma=1.06,
            clouds=rng.uniform(0.4, 1.0),
        )
    elif kind == "golden":
        cast *= (1.08, 0.99, 0.86)
        recipe = partial(
            SceneLight,
            ambient=0.64,
            direct=0.54,
            shadow=0.42,
            haze=(236, 208, 172),
            haze_depth=100,
            sky=((120, 150, 196), (250, 214, 160)),
            gamma=1.04,
            clouds=rng.uniform(0.1, 0.6),
            lit_windows=0.12,
        )
    else:
        cast *= (0.92, 0.96, 1.10)
        noise += 1.5
        recipe = partial(
            SceneLight,
            ambient=0.70,
            direct=0.12,
            shadow=0.18,
            haze=(138, 146, 176),
            haze_depth=110,
            sky=((66, 82, 128), (196, 158, 150)),
            gamma=1.18,
            clouds=rng.uniform(0.2, 0.7),
            lit_windows=0.42,
            lamps=True,
        )
    red, green, blue = cast.tolist()
    east, up, north = sun.tolist()
    return recipe(sun=(east, up, north), cast=(red, green, blue), noise=float(noise))


def grade(image: np.ndarray, light: SceneLight, rng: np.random.Generator) -> np.ndarray:
    """Apply the effects of camera and weather: uneven brightness, cast, gamma, sensor noise.

    Args:
        image: (h, w, 3) uint8 RGB.
        light: light of the scene.
        rng: random generator for unevenness and noise.

    Returns:
        (h, w, 3) uint8 RGB.
    """
    height, width = image.shape[:2]
    levels = np.arange(256, dtype=np.float32)[:, None] / 255
    table = 255 * np.clip(levels * np.asarray(light.cast, np.float32), 0, 1) ** light.gamma
    graded = cv2.LUT(image, np.round(table).astype(np.uint8)[None])
    coarse = rng.normal(0, 0.025, (5, 9)).astype(np.float32) + 1
    uneven = cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)
    noise = rng.standard_normal((height, width, 3), dtype=np.float32)
    noise *= light.noise
    noise += graded * uneven[:, :, None]
    np.rint(noise, out=noise)
    return np.clip(noise, 0, 255, out=noise).astype(np.uint8)
