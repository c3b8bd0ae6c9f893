"""Every table of an experiment as LaTeX: it compiles, whatever the classes are called."""

import subprocess

import pytest

from tests.written_results import FIVE, write_results


@pytest.mark.slow
def test_the_latex_of_every_table_compiles(tmp_path, require_tool):
    require_tool("pdflatex")
    classes = {"50%_&_#{x}~^\\": (0.3, 0.01, 20), "<a> $b$": (0.2, 0.01, 20)}
    treatments = {name: FIVE[name] for name in ("unmodified", "natural", "masked")}
    results = write_results(tmp_path, treatments, 2, classes)
    tables = [path.stem for path in sorted((results / "tables").glob("*.tex"))]
    made = ["exposed", "privacy", "supplement", "table_2", "table_2_boxes", "verdict"]
    assert tables == made
    inputs = "".join(f"\\input{{tables/{name}}}" for name in tables)
    (results / "document.tex").write_text(
        "\\documentclass{article}\\usepackage{booktabs,graphicx}"
        f"\\begin{{document}}{inputs}\\end{{document}}"
    )
    command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "document.tex"]
    done = subprocess.run(command, cwd=results, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    assert "Missing character" not in done.stdout
    assert "Overfull" not in done.stdout
