"""A headless Chromium, and the reports that it looks at."""

from pathlib import Path

import pytest

from tests.browser.browser import Browser
from tests.commands import report as main
from tests.written_results import FIVE, write_results

HOSTILE_CLASSES = {
    "<script>window.stolen = 1</script>": (0.3, 0.01, 40),
    "\"><img src=x onerror='window.stolen = 1'>": (0.2, 0.01, 30),
    'it\'s $x^2$ & "so on" </svg></style>': (0.1, 0.01, 20),
}
FAILED = ("natural", 2)


@pytest.fixture(scope="session")
def browser(require_tool, require_library):
    """Chromium; the machine needs it and its driver."""
    require_library("selenium")
    with Browser(require_tool("chromium"), require_tool("chromedriver")) as opened:
        yield opened


@pytest.fixture(scope="session")
def axe(require_file) -> str:
    """axe-core, as a script."""
    path = Path(__file__).parent / "node_modules/axe-core/axe.min.js"
    return require_file(path, "npm ci --prefix tests/browser").read_text(encoding="utf-8")


@pytest.fixture(scope="session")
def paper(paper_results: Path) -> Path:
    """The report of an experiment as large as the paper's, with controls."""
    return paper_results / "report.html"


@pytest.fixture(scope="session")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A report whose classes, paths and errors are markup; one run failed."""
    folder = tmp_path_factory.mktemp("hostile") / "it's \"<b>here"
    results = write_results(
        folder,
        {name: FIVE[name] for name in ("unmodified", "natural")},
        3,
        HOSTILE_CLASSES,
        failed=(FAILED,),
        error="no <img src=x onerror='window.stolen = 1'> there",
        images="images</pre><script>window.stolen = 1</script>",
    )
    return _report(results)


def _report(results: Path) -> Path:
    assert main(["html", str(results)]) == 0
    return results / "report.html"
