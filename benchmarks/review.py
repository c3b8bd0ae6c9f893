"""`python -m benchmarks.review`: coverage of the bounds of a review, with known truth.

Faces in tiles are simulated with missed faces and wrong detections, and samples of the tiles are
reviewed without a mistake.
"""

import argparse
from dataclasses import asdict, dataclass

import numpy as np
import pandas as pd
from region_review.answers import Answers, MissedRegion
from region_review.bounds import numbers_of
from region_review.sample import FoundRegion, ReviewImage, draw_sample

BOX = (0, 0, 30, 30)


@dataclass(frozen=True)
class ReviewedWorld:
    """Source of simulated tiles; shares are fractions of 1."""

    with_faces: float
    """Share of the tiles with faces, detected or not."""
    faces: int
    """Largest number of faces in such a tile; each number from 1 is equally frequent."""
    missed: float
    """Share of the faces that are missed."""
    wrong: float
    """Share of the detected faces that are wrong."""
    together: bool
    """Whether all faces of a tile are missed (or wrong) together, or independently."""
    reviewed: int
    """Number of reviewed tiles."""

    def flags(self, rng: np.random.Generator, counts: np.ndarray, share: float) -> np.ndarray:
        """Whether each face belongs to a random share, (tiles, faces) bool."""
        chances = rng.random((len(counts), 1 if self.together else self.faces))
        chosen: np.ndarray = chances < share
        return np.broadcast_to(chosen, (len(counts), self.faces)) & (
            np.arange(self.faces) < counts[:, None]
        )

    def review(self, seed: int, tiles: int) -> dict[str, float]:
        """Result of one review: true shares of missed and wrong, and their upper bounds."""
        rng = np.random.default_rng(seed)
        counts = np.where(
            rng.random(tiles) < self.with_faces, rng.integers(1, self.faces + 1, tiles), 0
        )
        missed = self.flags(rng, counts, self.missed)
        there = np.arange(self.faces) < counts[:, None]
        wrong = self.flags(rng, counts, self.wrong) & ~missed
        found = there & ~missed
        images = [ReviewImage(str(tile), 64, 64) for tile in range(tiles)]
        regions = {
            str(tile): [
                FoundRegion(id=f"{tile} {face}", kind="face", box=BOX)
                for face in np.flatnonzero(of_tile)
            ]
            for tile, of_tile in enumerate(found)
        }
        sample = draw_sample(images, regions, side=64, count=self.reviewed, seed=seed)
        drawn = {int(tile.image): tile.id for tile in sample.tiles}
        answers = Answers(
            frozenset(f"{tile} {face}" for tile, face in np.argwhere(wrong) if tile in drawn),
            tuple(
                MissedRegion(drawn[tile], str(tile), "face", BOX)
                for tile, _ in np.argwhere(missed)
                if tile in drawn
            ),
        )
        numbers = numbers_of(sample, answers)["face"]
        right = found.sum() - wrong.sum()
        return {
            "missed_truth": missed.sum() / (missed.sum() + right),
            "missed_bound": numbers.missed_share.upper or 0.0,
            "wrong_truth": wrong.sum() / found.sum(),
            "wrong_bound": numbers.wrong_share.upper or 0.0,
        }


WORLDS = (
    ReviewedWorld(0.3, 4, 0.2, 0.1, True, 200),
    ReviewedWorld(0.3, 4, 0.2, 0.1, False, 200),
    ReviewedWorld(0.3, 4, 0.07, 0.05, False, 200),
    ReviewedWorld(0.1, 4, 0.05, 0.05, True, 400),
    ReviewedWorld(0.6, 8, 0.02, 0.02, False, 200),
)


def bounds_of(world: ReviewedWorld, repetitions: int, tiles: int) -> dict[str, float]:
    """Mean truth and bound of both shares, and the share of the reviews in which a bound holds."""
    reviews = pd.DataFrame([world.review(seed, tiles) for seed in range(repetitions)])
    return {
        **reviews.mean().to_dict(),
        "missed_holds": float((reviews["missed_bound"] >= reviews["missed_truth"]).mean()),
        "wrong_holds": float((reviews["wrong_bound"] >= reviews["wrong_truth"]).mean()),
    }


def main() -> None:
    """Print the coverage of the bounds in several worlds."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repetitions", type=int, default=500)
    parser.add_argument("--tiles", type=int, default=2000)
    arguments = parser.parse_args()
    rows = []
    for world in WORLDS:
        rows.append(asdict(world) | bounds_of(world, arguments.repetitions, arguments.tiles))
        print(pd.DataFrame(rows).to_markdown(index=False, floatfmt=".3f"), flush=True)


if __name__ == "__main__":
    main()
