"""The page as a file; tests/browser use it."""

import json
import re

from region_review.page import review_page
from small_sample import drawn

SAMPLE = drawn()
VIEWS = {tile.id: f"jpeg of {tile.id}".encode() for tile in SAMPLE.tiles}


def test_it_says_that_it_holds_originals_and_loads_nothing():
    page = review_page(SAMPLE, "<b>mine</b>", VIEWS)
    assert "This page holds original images." in page
    assert "Review of &lt;b&gt;mine&lt;/b&gt;" in page
    assert re.findall(r"(?:src|href)=|https?://(?!www\.w3\.org/2000/svg)", page) == []
    assert "default-src 'none'" in page


def test_it_has_each_tile_with_its_picture_and_without_its_stratum():
    page = review_page(SAMPLE, "mine", VIEWS)
    content = json.loads(re.search(r'id="content">(.*?)</script>', page)[1])
    assert content["sample"] == SAMPLE.id
    assert [tile["id"] for tile in content["tiles"]] == ["t1", "t2", "t3", "t4"]
    assert all("stratum" not in tile for tile in content["tiles"])
    assert content["tiles"][0]["jpeg"] == "anBlZyBvZiB0MQ=="
