"""The review page as a person uses it: in a browser, by keyboard and by mouse."""

import json
import time
from pathlib import Path

import pytest

from tests.browser.browser import WIDTHS
from tests.privacy.privacy_case import make_data, run
from workflow_scripts.contracts.regions import Kind, read_regions

pytestmark = pytest.mark.slow
TABLES = ("0.parquet", "1.parquet")
SHOWN = "return document.getElementById(arguments[0]).textContent"
ANSWERS = "return document.getElementById('csv').value"
TILES = "return JSON.parse(document.getElementById('content').textContent).tiles"
ON_SCREEN = """
const matrix = document.querySelector("#stage svg").getScreenCTM();
const point = new DOMPoint(arguments[0], arguments[1]).matrixTransform(matrix);
return [point.x, point.y];
"""


@pytest.fixture(scope="module")
def data(tmp_path_factory) -> Path:
    """Three faces and a plate in two of three images, and the page of all their tiles."""
    folder = make_data(tmp_path_factory.mktemp("review"))
    given = {
        "annotations": folder / "train.coco.json", "images": folder / "in",
        "regions": [folder / name for name in TABLES], "side": 128, "output": folder / "page.html",
    }  # fmt: skip
    assert run("review", given) == 0
    return folder


@pytest.fixture
def page(browser, data):
    """The page in the browser, without answers."""
    browser.open(data / "page.html")
    browser.run("localStorage.clear()")
    browser.driver.refresh()
    return browser


def press(browser, *keys: str) -> None:
    """Press keys one after the other."""
    from selenium.webdriver.common.action_chains import ActionChains  # noqa: PLC0415

    ActionChains(browser.driver).send_keys(*keys).perform()


def press_with_shift(browser, *keys: str) -> None:
    """Press keys while the shift key is down."""
    from selenium.webdriver.common.action_chains import ActionChains  # noqa: PLC0415
    from selenium.webdriver.common.keys import Keys  # noqa: PLC0415

    ActionChains(browser.driver).key_down(Keys.SHIFT).send_keys(*keys).key_up(Keys.SHIFT).perform()


def drag(browser, start: tuple[float, float], end: tuple[float, float]) -> None:
    """Draw with the mouse from one place of the image to another; a click, if they are the same."""
    from selenium.webdriver.common.action_chains import ActionChains  # noqa: PLC0415

    chain = ActionChains(browser.driver, duration=20)
    for place, act in ((start, chain.w3c_actions.pointer_action.pointer_down), (end, None)):
        x, y = browser.run(ON_SCREEN, *place)
        chain.w3c_actions.pointer_action.move_to_location(round(x), round(y))
        if act:
            act()
    chain.w3c_actions.pointer_action.pointer_up()
    chain.perform()


def rows_of(browser) -> list[list[str]]:
    """The answers of the text area, without the digest of the sample."""
    return [line.split(",")[1:] for line in browser.run(ANSWERS).splitlines()[1:]]


def go_to(browser, condition) -> dict:
    """Go on to the first tile from here that a condition holds for."""
    tiles = browser.run(TILES)
    for _ in tiles:
        (current,) = (t for t in tiles if browser.run(SHOWN, "title").startswith(at(t, tiles)))
        if condition(current):
            return current
        press(browser, "n")
    raise AssertionError("no such tile")


def at(tile: dict, tiles: list[dict]) -> str:
    return f"Tile {tiles.index(tile) + 1} of"


def has_plate(tile: dict) -> bool:
    return any(region["kind"] == "license_plate" for region in tile["regions"])


def test_a_review_by_keyboard_comes_back_as_regions_and_bounds(page, data, tmp_path):
    from selenium.webdriver.common.keys import Keys  # noqa: PLC0415

    tiles = page.run(TILES)
    first, last = tiles[0], tiles[-1]
    # A missed face in the first tile: five steps to the right of its centre, and wider.
    press(page, "m", Keys.ARROW_RIGHT * 5)
    press_with_shift(page, Keys.ARROW_RIGHT * 4)
    press(page, Keys.ENTER)
    assert "Marked: missed face" in page.run(SHOWN, "said")
    tile = go_to(page, has_plate)
    number, plate = next(
        (n, r) for n, r in enumerate(tile["regions"], 1) if r["kind"] == "license_plate"
    )
    press(page, str(number), "w")
    assert f"Region {number} is wrong." in page.run(SHOWN, "said")
    before = rows_of(page)

    page.driver.refresh()
    assert rows_of(page) == before
    assert page.run(SHOWN, "title").startswith(at(tile, tiles))
    assert "tiles are not reviewed yet" in page.run(SHOWN, "state")
    for _ in tiles:
        press(page, "n")
    assert page.run(SHOWN, "title").startswith(at(last, tiles))
    assert "are reviewed: export the answers." in page.run(SHOWN, "state")

    answers = exported(page, tmp_path)
    assert answers.read_text() == page.run(ANSWERS)
    given = {
        "answers": answers, "sample": data / "page.json",
        "regions": [data / name for name in TABLES],
        "output": tmp_path / "reviewed.json", "numbers": tmp_path / "review.json",
    }  # fmt: skip
    assert run("reviewed", given) == 0
    rows = json.loads((tmp_path / "reviewed.json").read_text())
    found = [region for name in TABLES for region in read_regions(data / name)]
    assert [row["kind"] for row in rows] == ["face"] * 4
    assert sum(region.kind is Kind.FACE for region in found) == 3
    added = rows[-1]
    x0, y0, x1, y1 = first["box"]
    assert added["image"] == first["image"]
    # A step is 1 pixel in a view of this size; shift makes the box wider by it at both sides.
    assert (added["x0"] + added["x1"]) / 2 == pytest.approx((x0 + x1) / 2 + 5, abs=0.1)
    assert (added["y0"] + added["y1"]) / 2 == pytest.approx((y0 + y1) / 2, abs=0.1)
    views = [first["view"][axis + 2] - first["view"][axis] for axis in (0, 1)]
    assert added["x1"] - added["x0"] == pytest.approx(0.06 * max(views) + 4, abs=0.2)
    kinds = json.loads((tmp_path / "review.json").read_text())["kinds"]
    assert kinds["face"]["missed_share"] == {"value": 0.25, "upper": 0.25}
    assert kinds["license_plate"]["wrong_share"] == {"value": 1.0, "upper": 1.0}
    assert plate["id"] not in json.dumps(rows)


def exported(browser, folder: Path) -> Path:
    """The file that the page's button downloads."""
    browser.driver.execute_cdp_cmd(
        "Browser.setDownloadBehavior", {"behavior": "allow", "downloadPath": str(folder)}
    )
    browser.run("document.getElementById('export').click()")
    for _ in range(100):
        if files := list(folder.glob("*.csv")):
            return files[0]
        time.sleep(0.1)
    raise AssertionError("nothing was downloaded")


def test_undo_takes_back_the_last_mark_wherever_it_was(page):
    from selenium.webdriver.common.keys import Keys  # noqa: PLC0415

    press(page, "p", Keys.ENTER, "n", "m", Keys.ENTER, "n")
    marks = [row[1:3] for row in rows_of(page) if row[1] == "missed"]
    assert marks == [["missed", "license_plate"], ["missed", "face"]]
    press(page, "u")
    assert page.run(SHOWN, "title").startswith("Tile 2 of")
    press(page, "u")
    assert page.run(SHOWN, "title").startswith("Tile 1 of")
    assert [row[1] for row in rows_of(page)] == ["seen", "seen"]
    press(page, "u")
    assert page.run(SHOWN, "said") == "There is nothing to undo."


def test_a_box_that_is_being_placed_is_neither_lost_nor_marked_by_accident(page):
    from selenium.webdriver.common.keys import Keys  # noqa: PLC0415

    press(page, "m", "n")
    assert page.run(SHOWN, "title").startswith("Tile 1 of")
    assert "Press Enter to mark the box" in page.run(SHOWN, "said")
    press(page, Keys.ESCAPE, "n")
    assert page.run(SHOWN, "title").startswith("Tile 2 of")
    assert [row[1] for row in rows_of(page)] == ["seen"]


def test_the_mouse_draws_what_was_missed_and_clicks_on_what_is_wrong(page):
    tile = go_to(page, lambda tile: tile["regions"])
    x0, y0, x1, y1 = tile["regions"][0]["box"]
    drag(page, ((x0 + x1) / 2, (y0 + y1) / 2), ((x0 + x1) / 2, (y0 + y1) / 2))
    left, top = tile["box"][:2]
    start, end = (left + 10, top + 20), (left + 40, top + 60)
    drag(page, start, end)
    assert "before you draw a box" in page.run(SHOWN, "said")
    press(page, "m")
    drag(page, start, end)
    wrong, missed = rows_of(page)[-2:]
    assert wrong[1:4] == ["wrong", tile["regions"][0]["kind"], tile["regions"][0]["id"]]
    assert missed[1:3] == ["missed", "face"]
    assert [*map(float, missed[4:])] == pytest.approx([*start, *end], abs=0.5)


def test_a_box_is_not_marked_in_the_surroundings_of_a_tile(page):
    tile = go_to(page, lambda tile: tile["view"][0] < tile["box"][0])
    press(page, "m")
    x, y = tile["view"][0] + 1, tile["box"][1] + 30
    drag(page, (x, y), (x + 8, y + 10))
    assert "belongs to another tile: not marked" in page.run(SHOWN, "said")
    assert [row for row in rows_of(page) if row[1] == "missed"] == []


def test_zoom_shows_a_part_in_which_marks_stand_where_they_are(page):
    tile = go_to(page, lambda tile: tile["regions"])
    press(page, "z", "m")
    width = page.run("return document.querySelector('#stage svg').viewBox.baseVal.width")
    assert width == pytest.approx((tile["view"][2] - tile["view"][0]) / 3, abs=0.01)
    x0, y0, x1, y1 = tile["regions"][0]["box"]
    x, y = (x0 + x1) / 2, (y0 + y1) / 2
    drag(page, (x - 4, y - 4), (x + 4, y + 6))
    box = [float(cell) for cell in rows_of(page)[-1][4:]]
    assert box == pytest.approx([x - 4, y - 4, x + 4, y + 6], abs=0.3)


def test_it_asks_for_nothing_and_says_that_it_holds_originals(page, data):
    page.open(data / "page.html")
    press(page, "m", "z", "n", "b")
    assert page.said() == []
    assert len(page.requested()) == 1
    assert "This page holds original images." in page.run("return document.body.textContent")


@pytest.mark.parametrize("width", ["phone", "screen"])
@pytest.mark.parametrize("dark", [False, True])
def test_axe_finds_nothing_serious(page, data, axe, width, dark):
    page.open(data / "page.html", width, dark=dark)
    go_to(page, has_plate)
    press(page, "w", "m")
    page.run(axe)
    found = page.driver.execute_async_script(
        "const done = arguments[0]; axe.run(document).then((result) => done(result.violations))"
    )
    assert found == [], json.dumps(found, indent=1)[:4000]
    assert page.run("return document.documentElement.scrollWidth") <= WIDTHS[width]
