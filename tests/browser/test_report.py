"""The report as a reader meets it: in a browser."""

import json

import pytest

from tests.browser.browser import WIDTHS
from tests.browser.conftest import FAILED, HOSTILE_CLASSES

pytestmark = pytest.mark.slow
BOTH_WIDTHS = pytest.mark.parametrize("width", ["phone", "screen"])

WIDER_THAN_THE_PAGE = """
const room = arguments[0];
const outside = [...document.body.querySelectorAll("*")].filter((element) => {
  const scroller = element.parentElement.closest(".scroll");
  const box = element.getBoundingClientRect();
  return !scroller && box.width > 1 && box.right > room + 0.5;
});
return [document.documentElement.scrollWidth, outside.map((element) => element.outerHTML)];
"""
SIZE_OF = """
const svg = document.querySelector(arguments[0]), scroller = svg.closest(".scroll");
const natural = Math.round(arguments[1] * scroller.clientWidth);
svg.style.setProperty("--width", `${natural}px`);
return [svg.getBoundingClientRect().width, natural, scroller.clientWidth];
"""
FIRST_CELLS = """
const table = document.querySelector(arguments[0]);
return [...table.tBodies[0].rows].map((row) => row.children[arguments[1]].textContent.trim());
"""


@pytest.mark.parametrize("dark", [False, True])
def test_it_says_nothing_and_asks_for_nothing(browser, paper, dark):
    browser.open(paper, dark=dark)
    browser.run("window.scrollTo(0, document.body.scrollHeight)")
    requested = browser.requested()
    assert len(requested) == 1
    assert requested[0].startswith("file://")
    assert browser.said() == []


@BOTH_WIDTHS
def test_nothing_is_wider_than_the_page(browser, paper, hostile, width):
    for page in (paper, hostile):
        browser.open(page, width)
        browser.run("for (const part of document.querySelectorAll('details')) part.open = true")
        room = browser.run("return document.documentElement.clientWidth")
        assert browser.run(WIDER_THAN_THE_PAGE, room) == [room, []]
        assert browser.run("return window.innerWidth") == WIDTHS[width]


@pytest.mark.parametrize("width", ["small screen", "screen"])
def test_a_wide_figure_shrinks_to_fit_by_at_most_a_third(browser, paper, width):
    browser.open(paper, width)
    shown, natural, room = browser.run(SIZE_OF, "#before_after svg", 1.3)
    assert natural > room
    assert shown == pytest.approx(room, abs=1)
    shown, natural, room = browser.run(SIZE_OF, "#before_after svg", 2)
    assert shown == pytest.approx(0.7 * natural, abs=1)
    assert shown > room + 1


def test_a_table_that_scrolls_says_so_at_its_edge(browser, paper):
    """The shadows stay at the edges while the covers move with the content."""
    browser.open(paper, "small screen")
    attached = browser.run(
        "return getComputedStyle(document.querySelector('.scroll')).backgroundAttachment"
    )
    assert attached == "local, local, scroll, scroll"


@BOTH_WIDTHS
@pytest.mark.parametrize("dark", [False, True])
def test_axe_finds_nothing_serious(browser, paper, axe, width, dark):
    browser.open(paper, width, dark=dark)
    browser.run("for (const part of document.querySelectorAll('details')) part.open = true")
    browser.run(axe)
    found = browser.driver.execute_async_script(
        "const done = arguments[0]; axe.run(document).then((result) => done(result.violations))"
    )
    serious = [rule for rule in found if rule["impact"] in ("serious", "critical")]
    assert serious == [], json.dumps(serious, indent=1)[:4000]


def test_axe_would_find_something(browser, paper, axe):
    browser.open(paper)
    browser.run("document.documentElement.removeAttribute('lang'); " + axe)
    found = browser.driver.execute_async_script(
        "const done = arguments[0]; axe.run(document).then((result) => done(result.violations))"
    )
    assert "html-has-lang" in [rule["id"] for rule in found]


def test_tables_sort_by_number_and_by_name_and_totals_stay_below(browser, paper):
    browser.open(paper)
    before = browser.run(FIRST_CELLS, "#table_2 table", 0)
    instances = browser.run(FIRST_CELLS, "#table_2 table", 1)
    heads = "#table_2 thead th:nth-child({}) button"
    press = "document.querySelector(arguments[0]).click()"
    browser.run(press, heads.format(2))
    counts = browser.run(FIRST_CELLS, "#table_2 table", 1)
    assert counts == [*sorted(instances[:-1], key=int), instances[-1]]
    browser.run(press, heads.format(2))
    counts = browser.run(FIRST_CELLS, "#table_2 table", 1)
    assert counts == [*sorted(instances[:-1], key=int, reverse=True), instances[-1]]
    sort = "return document.querySelector('#table_2 thead th:nth-child(2)').ariaSort"
    assert browser.run(sort) == "descending"
    browser.run(press, heads.format(1))
    names = browser.run(FIRST_CELLS, "#table_2 table", 0)
    assert names == [*sorted(before[:-1]), before[-1]]


def test_negative_differences_sort_below_positive_ones(browser, paper):
    browser.open(paper)
    browser.run("document.querySelector('#answer thead th:nth-child(3) button').click()")
    cells = browser.run(FIRST_CELLS, "#answer table", 2)
    values = [float(cell.replace("−", "-")) for cell in cells]
    assert values == sorted(values)
    assert values[0] < 0 < values[-1]


def test_the_keyboard_reaches_tables_and_sorts_them(browser, paper):
    from selenium.webdriver.common.keys import Keys  # noqa: PLC0415

    browser.open(paper)
    browser.run("document.querySelector('#table_2 thead th:nth-child(2) button').focus()")
    browser.driver.switch_to.active_element.send_keys(Keys.ENTER)
    assert browser.run("return document.querySelectorAll('[aria-sort=ascending]').length") == 1
    regions = (
        "return [...document.querySelectorAll('.scroll')].every((part) => part.tabIndex === 0)"
    )
    assert browser.run(regions)


def test_light_and_dark_follow_the_system_and_the_button(browser, paper):
    background = "return getComputedStyle(document.body).backgroundColor"
    browser.open(paper)
    light = browser.run(background)
    browser.run("document.getElementById('theme').click()")
    dark = browser.run(background)
    browser.open(paper, dark=True)
    assert browser.run(background) == dark != light
    browser.run("document.getElementById('theme').click()")
    assert browser.run(background) == light


def test_names_and_paths_with_markup_are_inert(browser, hostile):
    browser.open(hostile)
    assert browser.run("return window.stolen") is None
    assert browser.said() == []
    assert len(browser.requested()) == 1
    assert browser.run("return document.images.length") == 0
    assert browser.run("return document.scripts.length") == 1
    cells = browser.run(FIRST_CELLS, "#table_2 table", 0)
    assert [cell.lower() for cell in cells[:-1]] == [name.lower() for name in HOSTILE_CLASSES]
    texts = "return [...document.querySelectorAll('pre')].map((text) => text.textContent).join('')"
    assert "</pre><script>" in browser.run(texts)


def test_a_failed_run_is_named_with_its_reason(browser, hostile):
    browser.open(hostile)
    said = browser.run("return document.querySelector('.alarm').textContent")
    assert f"{FAILED[0]}, seed {FAILED[1]}" in said
    assert "failed" in said
    assert "no <img src=x" in said


def test_it_prints_with_all_its_details(browser, paper):
    browser.open(paper)
    closed = "return document.querySelectorAll('details:not([open])').length"
    assert browser.run(closed) > 0
    assert browser.printed().startswith(b"%PDF")
    browser.run("window.dispatchEvent(new Event('beforeprint'))")
    assert browser.run(closed) == 0


def test_paper_is_light_and_wide_enough(browser, paper):
    browser.open(paper, "paper", dark=True, medium="print")
    browser.run("for (const part of document.querySelectorAll('details')) part.open = true")
    background = "return getComputedStyle(document.body).backgroundColor"
    assert browser.run(background) == "rgb(255, 255, 255)"
    tables = "return [...document.querySelectorAll('.numbers, .matrix')]"
    outside = f"{tables}.filter((one) => one.getBoundingClientRect().right > innerWidth)"
    assert browser.run(f"{outside}.map((one) => one.ariaLabel)") == []
