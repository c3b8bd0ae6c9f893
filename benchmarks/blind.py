"""Blind comparison: can a judge distinguish anonymized photographs from originals?

`python -m benchmarks.blind make FOLDER OUTPUT` crops faces (with `--kind license_plate`: plates)
from your photographs, with their surroundings and at 1:1. Half of the photographs are anonymized by
`natural`. OUTPUT/pages contains numbered tiles in random order; ticks mark the face in question.
OUTPUT/key.csv is the key, which the judge must not open. The judge writes a line
`number,altered,why` or `number,original,why` for each tile. With `--unmarked` no face is marked,
for a judge who looks for faults of any kind: `altered` then means that a face was noticed.

`python -m benchmarks.blind score KEY ANSWERS` reports how much more often altered tiles are called
altered than originals are. Further pairs of files are added to the first.
"""

import argparse
import csv
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import TextIO

import cv2
import numpy as np
import pandas as pd
from plain_commands.errors import UserError
from scipy.special import ndtri

from benchmarks.donors import add_donors, natural
from benchmarks.pages import pages_of
from benchmarks.photographs import Photograph, Sizes, of_size, photographs_in, size_of, surroundings
from workflow_scripts.anonymization.method import Method
from workflow_scripts.contracts.regions import Kind, Region
from workflow_scripts.imaging.images import write_png

SIZES: dict[Kind, Sizes] = {
    Kind.FACE: {"10-20": (10, 20), "20-40": (20, 40), "40-80": (40, 80)},
    Kind.LICENSE_PLATE: {"plates 40-100": (40, 100), "plates 100-210": (100, 210)},
}
"""Size classes by the smaller side of a face and the width of a plate, pixels."""
GOALS = {"10-20": 0.1, "20-40": 0.1, "40-80": 0.2, "plates 40-100": 0.1, "plates 100-210": 0.1}
"""Largest acceptable difference of the shares called altered, by size."""
AROUND, LEAST = 5, 160
"""Side of a tile relative to the region's side, and least side in pixels."""
TICK, AWAY = (255, 0, 255), 0.35
"""Colour of the ticks, and their distance from the box relative to its smaller side."""
ALTERED, ORIGINAL = "altered", "original"


@dataclass(frozen=True)
class Tile:
    """Content of a numbered tile: a line of the key."""

    number: int
    size: str
    state: str
    """`altered` or `original`."""
    photograph: str
    factor: float
    """Factor by which the photograph was reduced."""
    box: str
    """Box of the region in it, x0 y0 x1 y1, pixels."""


def make(
    photographs: Sequence[Photograph],
    kind: Kind,
    method: Method,
    seed: int,
    n: int,
    *,
    ticks: bool = True,
) -> tuple[list[Tile], dict[str, list[np.ndarray]]]:
    """Tiles, and the pages that show them, by size.

    A photograph is altered or original in all sizes.

    Args:
        photographs: photographs with regions of one kind.
        kind: the kind.
        method: method that alters half of the photographs.
        seed: seed of the choice, the order and the method.
        n: number of tiles of each size, half of them altered.
        ticks: whether the region is marked.
    """
    rng = np.random.default_rng(seed)
    mixed = [photographs[number] for number in rng.permutation(len(photographs))]
    by_state = {ALTERED: mixed[::2], ORIGINAL: mixed[1::2]}
    key: list[Tile] = []
    pages: dict[str, list[np.ndarray]] = {}
    for size, limits in SIZES[kind].items():
        chosen = [
            (state, photograph, region)
            for state, some in by_state.items()
            for photograph, region in of_size(some, *limits, n // 2, rng)
        ]
        tiles = []
        for place in rng.permutation(len(chosen)):
            state, photograph, region = chosen[place]
            number = len(key) + 1
            pixels = photograph.pixels
            if state == ALTERED:
                pixels = photograph.treated(method, (seed, number))
            box = " ".join(f"{x:.1f}" for x in (region.x0, region.y0, region.x1, region.y1))
            key.append(Tile(number, size, state, photograph.name, photograph.factor, box))
            tiles.append((str(number), cut_out(pixels, region, ticks=ticks)))
        pages[size] = pages_of(tiles)
    return key, pages


def cut_out(pixels: np.ndarray, region: Region, *, ticks: bool) -> np.ndarray:
    """Region with its surroundings at 1:1.

    Args:
        pixels: (h, w, 3) uint8 RGB.
        region: region inside the image.
        ticks: whether there are thin ticks outside its corners.

    Returns:
        (h, w, 3) uint8 RGB, smaller at the photograph's borders.
    """
    tile, (x0, y0) = surroundings(pixels, region, max(AROUND * size_of(region), LEAST))
    if not ticks:
        return tile
    smaller = min(region.width, region.height)
    away, long = round(AWAY * smaller) + 2, max(round(0.25 * smaller), 3)
    left, right = round(region.x0) - x0 - away, round(region.x1) - x0 + away
    top, bottom = round(region.y0) - y0 - away, round(region.y1) - y0 + away
    for corner_x, across in ((left, long), (right, -long)):
        for corner_y, down in ((top, long), (bottom, -long)):
            corner = corner_x, corner_y
            cv2.line(tile, corner, (corner_x + across, corner_y), TICK)
            cv2.line(tile, corner, (corner_x, corner_y + down), TICK)
    return tile


def score(judged: Iterable[tuple[Tile, str]]) -> pd.DataFrame:
    """Shares of tiles that are called altered, one row per size.

    Args:
        judged: tiles with the answers of one or more judges.

    Returns:
        Columns: size; altered, originals (how many were called altered of how many); difference
        (percentage points) with low and high, its 95 % interval; goal; verdict: `kept` if the
        difference is at most the goal, `shown` if the whole interval is.
    """
    rows = []
    frame = pd.DataFrame(
        [(tile.size, tile.state, answer == ALTERED) for tile, answer in judged],
        columns=["size", "state", "called"],
    )
    for size, some in frame.groupby("size", sort=False):
        counts = some.groupby("state")["called"].agg(["sum", "size"])
        if len(counts) < 2:
            raise UserError(f"size {size}: only {counts.index[0]} tiles; both states are compared")
        (a, n_a), (o, n_o) = (map(int, counts.loc[state]) for state in (ALTERED, ORIGINAL))
        low, high = newcombe(a, n_a, o, n_o)
        difference, goal = a / n_a - o / n_o, GOALS[str(size)]
        verdict = "missed" if difference > goal else "kept" if high > goal else "shown"
        rows.append(
            {
                "size": size,
                "altered called altered": f"{a} of {n_a}",
                "originals called altered": f"{o} of {n_o}",
                "difference": 100 * difference,
                "low": 100 * low,
                "high": 100 * high,
                "goal": 100 * goal,
                "verdict": verdict,
            }
        )
    return pd.DataFrame(rows)


def read_key(path: Path) -> list[Tile]:
    """Tiles of a key.

    Raises:
        UserError: it is not a key.
    """
    names = [one.name for one in fields(Tile)]
    with _opened(path) as file:
        reader = csv.DictReader(file)
        if reader.fieldnames != names:
            raise UserError(f"{path}: no key of a blind comparison; its columns are {names}")
        return [
            Tile(
                int(row["number"]),
                row["size"],
                row["state"],
                row["photograph"],
                float(row["factor"]),
                row["box"],
            )
            for row in reader
        ]


def read_answers(path: Path, key: Sequence[Tile]) -> list[tuple[Tile, str]]:
    """Each tile of a key with its answer.

    Raises:
        UserError: a tile has no answer or two, or a line is not an answer.
    """
    tiles = {str(tile.number): tile for tile in key}
    answers: dict[str, str] = {}
    with _opened(path) as file:
        for line, row in enumerate(csv.reader(file), start=1):
            number, answer = [one.strip().lower() for one in [*row, "", ""][:2]]
            if not any(row) or number == "number":
                continue
            if number not in tiles or answer not in (ALTERED, ORIGINAL):
                raise UserError(
                    f"{path}, line {line}: '{number},{answer}'; expected the number of a tile "
                    f"(1 to {len(tiles)}) and '{ALTERED}' or '{ORIGINAL}'"
                )
            if number in answers:
                raise UserError(f"{path}, line {line}: tile {number} is answered twice")
            answers[number] = answer
    if missing := [number for number in tiles if number not in answers]:
        raise UserError(
            f"{path}: {len(missing)} of {len(tiles)} tiles have no answer, e.g. {missing[0]}; "
            "answer every tile"
        )
    return [(tiles[number], answer) for number, answer in answers.items()]


def _opened(path: Path) -> TextIO:
    try:
        return path.open(newline="")
    except OSError as error:
        raise UserError(f"{path}: cannot be read ({error.strerror})") from None


def newcombe(
    first: int, of_first: int, second: int, of_second: int, level: float = 0.95
) -> tuple[float, float]:
    """Interval of the difference of two shares, first minus second.

    Method 10 of Newcombe, "Interval estimation for the difference between independent proportions"
    (1998): Wilson's intervals of the shares, their distances squared and added.
    """
    p, q = first / of_first, second / of_second
    p_low, p_high = _wilson(p, of_first, level)
    q_low, q_high = _wilson(q, of_second, level)
    low = p - q - float(np.hypot(p - p_low, q_high - q))
    return low, p - q + float(np.hypot(p_high - p, q - q_low))


def _wilson(share: float, n: int, level: float) -> tuple[float, float]:
    z = float(ndtri((1 + level) / 2))
    middle, reach = share + z**2 / (2 * n), z * (share * (1 - share) / n + z**2 / (4 * n**2)) ** 0.5
    return (middle - reach) / (1 + z**2 / n), (middle + reach) / (1 + z**2 / n)


def main() -> None:
    """Make a comparison, or score one."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    commands = parser.add_subparsers(dest="command", required=True)
    making = commands.add_parser("make", help="cut tiles from photographs and mix them")
    making.add_argument("folder", type=Path, help="folder with photographs, searched recursively")
    making.add_argument("output", type=Path, help="a new folder for pages and the key")
    making.add_argument("--kind", type=Kind, default=Kind.FACE, help="face or license_plate")
    making.add_argument("--seed", type=int, default=0)
    add_donors(making)
    making.add_argument("--n", type=int, default=60, help="number of tiles of each size")
    making.add_argument("--unmarked", action="store_true", help="mark no region")
    scoring = commands.add_parser("score", help="compare answers with the key")
    scoring.add_argument("files", type=Path, nargs="+", help="key and answers, in pairs")
    arguments = parser.parse_args()
    cv2.setNumThreads(1)
    if arguments.command == "score":
        keys, answers = arguments.files[::2], arguments.files[1::2]
        if len(keys) != len(answers):
            parser.error("files: a key and its answers, in pairs")
        pairs = zip(keys, answers, strict=True)
        judged = [one for key, file in pairs for one in read_answers(file, read_key(key))]
        print(score(judged).to_markdown(index=False, floatfmt=".1f"))
        return
    photographs = list(photographs_in(arguments.folder, arguments.kind))
    method = natural(arguments.donors)
    ticks = not arguments.unmarked
    key, pages = make(photographs, arguments.kind, method, arguments.seed, arguments.n, ticks=ticks)
    for size, some in pages.items():
        for number, page in enumerate(some, start=1):
            write_png(arguments.output / "pages" / f"{size} {number:02}.png", page)
    pd.DataFrame(map(asdict, key)).to_csv(arguments.output / "key.csv", index=False)
    print(pd.Series([f"{tile.size}, {tile.state}" for tile in key]).value_counts(sort=False))


if __name__ == "__main__":
    main()
