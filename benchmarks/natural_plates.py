"""`python -m benchmarks.natural_plates FOLDER`: plates in photographs before and after `natural`.

Each folder in FOLDER is a setting, such as a country. Beside each photograph is a text file as in
github.com/openalpr/benchmarks: the photograph's name, x, y, width and height of the plate and its
text, separated by tabs. No photograph is part of this repository. Plates are replaced at the
position in the text file (`box`: no corners), and where the network finds them (`found`). An OCR
reads lines in an area of up to 1.6 times the plate's width and twice its height. In a second table,
an attacker replaces each plate again in the same photograph, and matches the two by appearance.

`--sheets OUTPUT` writes pages for visual inspection instead: originals beside new plates.
"""

import argparse
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np
import pandas as pd
from identity_attacks.cutouts import PlateCutout
from identity_attacks.evidence import Evidence
from identity_attacks.plate_matching import plate_matching
from identity_attacks.plate_readers import OcrReader
from identity_attacks.plates import KnownPlates
from identity_attacks.rates import Rate
from pii_detectors.boxes import ious
from plain_commands.console import progress
from plain_commands.errors import UserError
from plain_commands.files import read_bytes

from benchmarks.pages import pages_of, side_by_side
from benchmarks.photographs import surroundings
from workflow_scripts.anonymization.method import Method
from workflow_scripts.anonymization.methods.natural import Natural
from workflow_scripts.contracts.regions import Kind, Region, with_ids
from workflow_scripts.imaging.images import decode_image, write_png
from workflow_scripts.imaging.pictures import picture_of
from workflow_scripts.pii.detectors.plates import Plates
from workflow_scripts.privacy.evidence import cut

DETECTOR = Plates()
SAME = 0.3
"""IoU from which a detection and a labelled plate are the same."""
NEAR = 4.0
"""Side of the area in which a plate is searched again, in widths of the plate."""
PAIRS, AROUND, ENLARGED = 20, 2, 320
"""Number of plates of each setting on a sheet, size of the shown area in widths of the plate, and
its enlarged side, pixels."""


@dataclass(frozen=True)
class LabelledPlate:
    """Plate in a photograph, as given in its text file."""

    setting: str
    photograph: Path
    text: str
    box: tuple[float, float, float, float]
    """x0, y0, x1, y1, pixels."""

    @property
    def pixels(self) -> np.ndarray:
        """Photograph, (h, w, 3) uint8 RGB; UserError if it cannot be read."""
        return decode_image(read_bytes(self.photograph), self.photograph)

    @property
    def name(self) -> str:
        """Setting and file name."""
        return f"{self.setting}/{self.photograph.name}"


@dataclass(frozen=True, eq=False)
class ReplacedPlate:
    """Plate before and after the replacement."""

    before: PlateCutout
    after: PlateCutout
    again: PlateCutout
    """The same with other random numbers, as an attacker would do it."""
    route: str
    seconds: float
    seen: bool
    """Whether the network finds it near its position before."""
    seen_again: bool
    """Whether the network finds it there afterwards."""


def plates_in(folder: Path, most: int) -> dict[str, list[LabelledPlate]]:
    """Random sample of the plates of each setting, always the same one.

    Raises:
        UserError: there is no text file, or one that cannot be used.
    """
    plates: dict[str, list[LabelledPlate]] = {}
    for file in sorted(folder.rglob("*.txt")):
        setting = file.parent.relative_to(folder).as_posix()
        plates.setdefault(setting, []).append(_labelled(file, setting))
    if not plates:
        raise UserError(
            f"{folder}: no text file in it; beside each photograph, a file has its name, x, y, "
            "width, height and text, separated by tabs"
        )
    rng = np.random.default_rng(0)
    return {
        setting: [some[number] for number in rng.permutation(len(some))[:most]]
        for setting, some in plates.items()
    }


def _labelled(file: Path, setting: str) -> LabelledPlate:
    line = read_bytes(file).decode(errors="replace").partition("\n")[0]
    try:
        name, *numbers, text = line.rstrip().split("\t")[:6]
        x, y, width, height = map(float, numbers)
    except ValueError:
        raise UserError(
            f"{file}: '{line[:60]}'; expected the photograph's name, x, y, width, height and text, "
            "separated by tabs"
        ) from None
    return LabelledPlate(setting, file.parent / name, text, (x, y, x + width, y + height))


def regions_of(plate: LabelledPlate, pixels: np.ndarray) -> dict[str, Region]:
    """Plate by source: `box`, and `found` if the network finds it in the image."""
    regions = {"box": Region(plate.name, Kind.LICENSE_PLATE, 1.0, *plate.box)}
    finds = DETECTOR.regions(picture_of(pixels, name=plate.name), Kind.LICENSE_PLATE)
    if (best := _nearest(plate, finds)) is not None:
        regions["found"] = best
    return {source: with_ids([region], source)[0] for source, region in regions.items()}


def _nearest(plate: LabelledPlate, finds: Sequence[Region]) -> Region | None:
    """Detection that is this plate."""
    boxes = np.array([(one.x0, one.y0, one.x1, one.y1) for one in finds]).reshape(-1, 4)
    overlaps = ious(np.array(plate.box), boxes)
    return finds[int(overlaps.argmax())] if (overlaps >= SAME).any() else None


def replaced(
    plate: LabelledPlate, pixels: np.ndarray, region: Region, method: Method, seed: Sequence[int]
) -> ReplacedPlate:
    """Plate treated in its photograph, and searched again around its position."""
    picture = picture_of(pixels, [region], name=plate.name)
    started = time.process_time()
    new, (change,) = method.anonymize(picture, np.random.default_rng(seed))
    seconds = time.process_time() - started
    near, (x, y) = surroundings(pixels, region, NEAR * region.width)
    height, width = near.shape[:2]
    moved = replace(plate, box=tuple(np.array(plate.box) - (x, y, x, y)))
    seen = [
        _nearest(moved, DETECTOR.regions(picture_of(view), Kind.LICENSE_PLATE)) is not None
        for view in (near, new[y : y + height, x : x + width])
    ]
    again, _ = method.anonymize(picture, np.random.default_rng((*seed, 1)))
    cutouts = (cut(one, region) for one in (pixels, new, again))
    return ReplacedPlate(*cutouts, change.method, seconds, *seen)


def benchmark(
    folder: Path, most: int, method: Method
) -> tuple[pd.DataFrame, pd.DataFrame, list[str]]:
    """A row per setting and source of the regions; one per source, with the plates of all settings,
    that are matched by appearance; and the plates that are not anonymous.
    """
    reader = OcrReader()
    rows, left = [], []
    treated: dict[str, list[ReplacedPlate]] = {}
    for setting, plates in plates_in(folder, most).items():
        by_source: dict[str, list[tuple[LabelledPlate, ReplacedPlate]]] = {"box": [], "found": []}
        for number, plate in enumerate(_shown(plates, setting)):
            pixels = plate.pixels
            for source, region in regions_of(plate, pixels).items():
                one = replaced(plate, pixels, region, method, (1, number))
                by_source[source].append((plate, one))
                treated.setdefault(source, []).append(one)
        for source, pairs in by_source.items():
            if pairs:
                row, named = _row(pairs, reader)
                rows.append({"setting": setting, "region": source, "labelled": len(plates)} | row)
                left += [f"{setting}, {source}: {one}" for one in named]
    matched = [{"region": source} | _matched(some) for source, some in treated.items()]
    return pd.DataFrame(rows), pd.DataFrame(matched), left


def _matched(plates: Sequence[ReplacedPlate]) -> dict[str, object]:
    rates = plate_matching(
        Evidence([one.after for one in plates], [one.again for one in plates])
    ).rates
    return {
        "plates": len(plates),
        "matched by appearance: rank 1": _text(rates.get("rank_1")),
        "AUC, percent": _text(rates.get("auc")),
    }


def _row(
    pairs: Sequence[tuple[LabelledPlate, ReplacedPlate]], reader: OcrReader
) -> tuple[dict[str, object], list[str]]:
    texts = {one.before.region: _folded(plate.text) for plate, one in pairs}
    plates = [one for _, one in pairs]
    known = KnownPlates.of([one.before for one in plates], reader)
    success = known.success([one.after for one in plates])
    routes = Counter(one.route for one in plates)
    row = {
        "plates": len(plates),
        "width, px": f"{np.median([one.before.place.width for one in plates]):.0f}",
        "read in the original": len(known.plates),
        "as labelled": sum(plate.text == texts[plate.region] for plate in known.plates),
        "read whole after": _text(success.rates.get("read_whole")),
        "characters at their positions": _text(success.rates.get("characters")),
        "plates with any": _text(success.rates.get("any_character")),
        "outside the quad": _text(success.rates.get("outside_of_quad")),
        "found near its position": f"{sum(one.seen for one in plates)}, "
        f"after {sum(one.seen_again for one in plates)}",
        "ms per plate": f"{1000 * np.mean([one.seconds for one in plates]):.0f}",
        "ways": ", ".join(f"{route} {count}" for route, count in routes.most_common()),
    }
    named = [
        f"{one.image}: {100 * one.score:.0f} % of the characters"
        for one in success.most_exposed
        if one.score > 0
    ]
    return row, named


def _folded(text: str) -> str:
    """Label in the form of a reading: capitals and digits, O as 0 and I as 1."""
    characters = "".join(one for one in text.upper() if one.isalnum())
    return characters.replace("O", "0").replace("I", "1")


def _text(rate: Rate | None) -> str:
    if rate is None:
        return ""
    value, low, high, chance = (100 * x for x in (rate.value, rate.low, rate.high, rate.chance))
    return f"{value:.1f} % ({low:.1f} to {high:.1f}, chance {chance:.1f}), n {rate.n}"


def sheets(folder: Path, method: Method, output: Path) -> None:
    """Write pages of plates before and after, at 1:1, with small ones also enlarged."""
    for setting, plates in plates_in(folder, PAIRS).items():
        tiles = []
        for number, plate in enumerate(_shown(plates, setting)):
            pixels = plate.pixels
            for source, region in regions_of(plate, pixels).items():
                picture = picture_of(pixels, [region], name=plate.name)
                new, _ = method.anonymize(picture, np.random.default_rng((1, number)))
                pair = [
                    surroundings(one, region, AROUND * region.width)[0] for one in (pixels, new)
                ]
                factor = ENLARGED / max(pair[0].shape)
                if factor > 1:
                    pair += [
                        cv2.resize(one, None, fx=factor, fy=factor, interpolation=cv2.INTER_CUBIC)
                        for one in pair
                    ]
                caption = f"{plate.photograph.name[-30:]} {source} {region.width:.0f} px"
                tiles.append((caption, side_by_side(pair)))
        for number, page in enumerate(pages_of(tiles), start=1):
            write_png(output / f"{setting.replace('/', '-')} {number:02}.png", page)


def _shown(plates: Sequence[LabelledPlate], setting: str) -> Iterator[LabelledPlate]:
    yield from progress(plates, total=len(plates), description=setting)


def main() -> None:
    """Print one table, or write the sheets."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, help="folder with a folder per setting")
    parser.add_argument("--plates", type=int, default=60, help="most plates per setting")
    parser.add_argument("--sheets", type=Path, metavar="OUTPUT", help="write pages to this folder")
    arguments = parser.parse_args()
    cv2.setNumThreads(1)
    if arguments.sheets is not None:
        sheets(arguments.folder, Natural(), arguments.sheets)
        return
    table, matched, left = benchmark(arguments.folder, arguments.plates, Natural())
    print(table.to_markdown(index=False), matched.to_markdown(index=False), sep="\n\n")
    print("\nPlates of which most is read afterwards:", *(left or ["none"]), sep="\n")


if __name__ == "__main__":
    main()
