"""The grid of tiles, the strata, and the draw."""

from collections import Counter

from region_review.sample import (
    FoundRegion,
    ReviewImage,
    ReviewSample,
    TileGrid,
    allocation,
    draw_sample,
    size_class,
)
from small_sample import IMAGES, REGIONS, drawn


def test_tiles_part_an_image_without_gap_or_overlap():
    grid = TileGrid.of(ReviewImage("a.png", 1001, 512), 512)
    assert (grid.columns, grid.rows) == ((0, 500, 1001), (0, 512))
    tiles = [grid.tile(place, "t", "no_region", ()) for place in range(grid.count)]
    assert [tile.box for tile in tiles] == [(0, 0, 500, 512), (500, 0, 1001, 512)]
    assert tiles[1].view == (500 - 64, 0, 1001, 512)


def test_a_small_image_is_one_tile():
    (only,) = draw_sample([ReviewImage("a", 7, 5)], {}, side=64, count=9, seed=0).tiles
    assert only.box == only.view == (0, 0, 7, 5)


def test_a_region_belongs_to_the_tile_of_its_centre_alone():
    tiles = {(tile.image, tile.box[0]): tile for tile in drawn().tiles}
    own = {key: [region.id for region in tile.regions] for key, tile in tiles.items()}
    assert own == {
        ("a/1.png", 0): ["f1"],
        ("a/1.png", 50): ["p1"],
        ("b.png", 0): ["f2"],
        ("b.png", 50): [],
    }
    assert [region.id for region in tiles["b.png", 50].beside] == ["f2"]
    assert tiles["a/1.png", 0].stratum == "under_20"
    assert tiles["a/1.png", 50].stratum == "40_to_80"
    assert tiles["b.png", 0].stratum == "20_to_40"
    assert tiles["b.png", 50].stratum == "no_region"


def test_a_centre_on_an_edge_belongs_to_one_tile():
    region = FoundRegion(id="f", kind="face", box=(40, 0, 60, 20))
    tiles = draw_sample(IMAGES[:1], {"a/1.png": [region]}, side=60, count=2, seed=0).tiles
    owners = [tile.box[0] for tile in tiles if tile.regions]
    assert owners == [50] == [tile.box[0] for tile in tiles if tile.holds(region.box)]


def test_the_narrowest_region_names_the_stratum_of_a_tile():
    near = [
        FoundRegion(id="wide", kind="face", box=(0, 0, 50, 40)),
        FoundRegion(id="narrow", kind="license_plate", box=(0, 0, 20, 10)),
    ]
    (tile,) = draw_sample([ReviewImage("a", 60, 60)], {"a": near}, side=64, count=1, seed=0).tiles
    assert tile.stratum == "20_to_40"


def test_numbers_of_all_tiles_are_kept_though_few_are_drawn():
    sample = drawn(count=1)
    assert len(sample.tiles) == 1
    numbers = {one.name: (one.tiles, one.regions) for one in sample.strata}
    assert numbers == {
        "no_region": (1, {"face": 0, "license_plate": 0}),
        "under_20": (1, {"face": 1, "license_plate": 0}),
        "20_to_40": (1, {"face": 1, "license_plate": 0}),
        "40_to_80": (1, {"face": 0, "license_plate": 1}),
    }


def test_size_classes_begin_at_their_width():
    widths = [19.9, 20, 39.9, 40, 79.9, 80]
    assert [*map(size_class, widths)] == [
        "under_20", "20_to_40", "20_to_40", "40_to_80", "40_to_80", "80_and_more",
    ]  # fmt: skip


def test_half_of_the_tiles_show_nothing_found():
    totals = {"no_region": 1000, "under_20": 100, "20_to_40": 100}
    assert allocation(totals, 40) == {"no_region": 20, "under_20": 10, "20_to_40": 10}


def test_what_a_stratum_lacks_the_others_get():
    totals = {"no_region": 1000, "under_20": 100, "20_to_40": 4}
    assert allocation(totals, 40) == {"no_region": 24, "under_20": 12, "20_to_40": 4}
    assert allocation(totals, 5000) == totals
    assert allocation({"no_region": 3}, 2) == {"no_region": 2}
    assert allocation({"under_20": 3, "80_and_more": 9}, 4) == {"under_20": 2, "80_and_more": 2}


def test_every_tile_of_a_stratum_is_drawn_equally_often():
    images = [ReviewImage(f"{number}", 64, 64) for number in range(10)]
    count = Counter(
        tile.image
        for seed in range(400)
        for tile in draw_sample(images, {}, side=64, count=3, seed=seed).tiles
    )
    # 3 of 10: 120 of 400 draws, with a standard deviation of 9.2.
    assert all(80 < count[image.name] < 160 for image in images)


def test_a_seed_draws_the_same_sample_and_another_seed_another_one(tmp_path):
    images = [ReviewImage(f"{number}", 640, 640) for number in range(9)]
    first, same, other = (
        draw_sample(images, {}, side=64, count=20, seed=seed) for seed in (1, 1, 2)
    )
    assert first == same
    assert first.id == same.id != other.id
    assert {(tile.image, tile.box) for tile in first.tiles} != {
        (tile.image, tile.box) for tile in other.tiles
    }


def test_a_sample_that_was_written_has_the_same_id(tmp_path):
    sample = drawn()
    path = tmp_path / "sample.json"
    path.write_text(sample.model_dump_json(by_alias=True))
    assert ReviewSample.read(path).id == sample.id
    assert REGIONS["b.png"][0] in [one for tile in sample.tiles for one in tile.regions]
