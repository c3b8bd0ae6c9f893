"""`report.html`: one self-contained page with all results of an experiment."""

import base64
import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from figures_and_tables.inline import inline_figure, inline_file, keywords_of
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from plain_commands.console import duration
from plain_commands.counts import counted

from workflow_scripts.analysis.numbers import ap, p_value, points, signed, unsigned
from workflow_scripts.analysis.report.cost import costs, stage_tables
from workflow_scripts.analysis.report.figures import FIGURES
from workflow_scripts.analysis.report.methods import methods_text
from workflow_scripts.analysis.report.registered import check_registration
from workflow_scripts.analysis.report.results import ExperimentResults
from workflow_scripts.analysis.report.variance import variance_report
from workflow_scripts.analysis.statistics import words
from workflow_scripts.common.handing_on import without_folders
from workflow_scripts.contracts.runs import ALL, class_title

TEMPLATES = Path(__file__).parent / "templates"
_MINUS = re.compile(r"(?<![\w-])-(?=\d)")
WITHOUT_ORIGINALS = "originals not shown"
"""Keyword in a Figure 2 without original faces and plates, which may always be embedded."""


@dataclass(frozen=True)
class ReportSection:
    """A part of the page: `templates/sections/{name}.html`."""

    name: str
    title: str
    is_there: Callable[[ExperimentResults], Any]


SECTIONS = (
    ReportSection("answer", "The answer", lambda results: True),
    ReportSection("table_2", "Accuracy by variant", lambda results: results.table),
    ReportSection("verdict", "Verdict", lambda results: results.verdict),
    ReportSection("forest", "Differences", lambda results: results.verdict),
    ReportSection("supplement", "Supplementary analyses", lambda results: results.supplement),
    ReportSection("variance", "Where the variance comes from", variance_report),
    ReportSection("runs", "Every run", lambda results: any(run.aps for run in results.runs)),
    ReportSection("exposed", "Exposed objects", lambda results: results.exposed),
    ReportSection("cross", "Tested on anonymized images", lambda results: results.cross),
    ReportSection("further", "Further test sets", lambda results: results.further),
    ReportSection("curves", "Learning curves", lambda results: any(r.curve for r in results.runs)),
    ReportSection("pii", "Faces and license plates", lambda results: results.pii or results.splits),
    ReportSection(
        "before_after",
        "Before and after",
        lambda results: (results.folder / "figures/before_after.svg").exists(),
    ),
    ReportSection("privacy", "Privacy and utility", lambda results: results.privacy),
    ReportSection("cost", "Cost", lambda results: any(run.training for run in results.runs)),
    ReportSection("provenance", "Provenance", lambda results: True),
)
"""Sections in reading order."""


def render(results: ExperimentResults, show_originals: bool) -> str:
    """The page.

    Args:
        results: the experiment.
        show_originals: whether Figure 2 may show original faces and plates.
    """
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
    )
    environment.filters |= {
        "ap": ap,
        "anywhere": without_folders,
        "counted": counted,
        "points": unsigned,
        "signed": lambda fraction: _with_minus(signed(fraction)),
        "p": p_value,
        "title": class_title,
        "word": _word,
        "margin": points,
        "prose": _with_minus,
        "duration": duration,
        "yaml": lambda content: yaml.safe_dump(content, sort_keys=False, allow_unicode=True),
    }
    folder = results.folder / "figures"
    script = (TEMPLATES / "script.js").read_text(encoding="utf-8")
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    return environment.get_template("report.html").render(
        results=results,
        sections=[section for section in SECTIONS if section.is_there(results)],
        panels_of=_panels(results),
        figure_2=_file(folder / "before_after.svg", "Regions by size", show_originals),
        figure_3=_file(folder / "figure_3.svg", "Training frames by number of regions", True),
        costs=costs(results.runs),
        stages=stage_tables(results.usage),
        registered=check_registration(results),
        methods=methods_text(results),
        variance=variance_report(results),
        style=Markup((TEMPLATES / "style.css").read_text(encoding="utf-8")),
        words=words,
        script=Markup(script),
        script_hash=f"sha256-{digest}",
        all=ALL,
    )


def _panels(results: ExperimentResults) -> dict[str, list[Markup]]:
    """Separate panels of each figure by name, so that the page can arrange them."""
    return {
        figure.NAME: [
            inline_figure(
                figure.draw(results, [panel], 1, figure.ON_PAGE),
                f"{figure.NAME}-{number}",
                figure.label(panel),
            )
            for number, panel in enumerate(figure.panels(results))
        ]
        for figure in FIGURES
    }


def _file(path: Path, label: str, shows_all: bool) -> Markup | None:
    if not path.exists() or not (shows_all or WITHOUT_ORIGINALS in keywords_of(path)):
        return None
    return inline_file(path, label)


def _with_minus(text: str) -> str:
    """Text with minus signs (as wide as plus signs) instead of hyphens before numbers."""
    return _MINUS.sub("−", text)


def _word(verdict: str) -> str:
    """CSS class of a verdict."""
    return {
        "equivalent": "same",
        "different but within the margin": "within",
        "different": "different",
        "non-inferior": "least",
        "better": "better",
        "worse but within the margin": "within",
        "worse": "different",
        "inconclusive": "open",
    }.get(verdict, "untested")
