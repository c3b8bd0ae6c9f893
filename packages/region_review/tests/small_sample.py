"""Samples that several tests use."""

from collections.abc import Mapping

from region_review.sample import (
    KINDS,
    FoundRegion,
    ReviewImage,
    ReviewSample,
    ReviewStratum,
    ReviewTile,
    draw_sample,
)

IMAGES = [ReviewImage("a/1.png", 100, 60), ReviewImage("b.png", 100, 60)]
REGIONS = {
    "a/1.png": [
        FoundRegion(id="f1", kind="face", box=(10, 10, 20, 22)),
        FoundRegion(id="p1", kind="license_plate", box=(55, 30, 95, 45)),
    ],
    "b.png": [FoundRegion(id="f2", kind="face", box=(30, 5, 62, 45))],
}


def drawn(count: int = 4, seed: int = 0) -> ReviewSample:
    """Tiles of two images of 100x60 pixels, which have two tiles of 50x60 each."""
    return draw_sample(IMAGES, REGIONS, side=60, count=count, seed=seed, split="train")


def sample_of(
    strata: Mapping[str, int], tiles: Mapping[str, list[int]], found: Mapping[str, int]
) -> ReviewSample:
    """A sample of tiles with faces.

    Args:
        strata: number of all tiles by stratum.
        tiles: number of found faces in each drawn tile, by stratum.
        found: number of found faces in all tiles, by stratum.
    """
    made = [
        ReviewTile(
            id=f"{name}-{number}",
            image="a.png",
            stratum=name,
            box=(0, 0, 100, 100),
            view=(0, 0, 100, 100),
            regions=tuple(
                FoundRegion(id=f"{name}-{number}-{one}", kind="face", box=(0, 0, 30, 30))
                for one in range(faces)
            ),
        )
        for name, of_stratum in tiles.items()
        for number, faces in enumerate(of_stratum)
    ]
    return ReviewSample(
        seed=0,
        side=100,
        images=1,
        source="",
        strata=tuple(
            ReviewStratum(
                name=name,
                tiles=number,
                regions=dict.fromkeys(KINDS, 0) | {"face": found.get(name, 0)},
            )
            for name, number in strata.items()
        ),
        tiles=tuple(made),
    )
