"""The comparison by class, and the package on its own."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from run_equivalence.compare import compare
from run_equivalence.table import TableError, read_table
from run_equivalence.verdicts import Verdict
from run_equivalence.welch import Difference, SampleStatistics, pooled_std

ROOT = Path(__file__).resolve().parents[1]
REFERENCE = {"car": SampleStatistics(0.47, 0.002, 5), "bus": SampleStatistics(0.3, 0.02, 5)}
VARIANT = {"car": SampleStatistics(0.43, 0.003, 5), "bus": SampleStatistics(0.3, 0.02, 5)}
OVERALL = {"all": SampleStatistics(0.385, 0.003, 5)}


def test_each_class_has_its_verdict():
    car, bus, mean = compare(VARIANT | OVERALL, REFERENCE | OVERALL)
    assert [at.verdict for at in car.margins] == [Verdict.DIFFERENT] * 2
    assert bus.margins[0].verdict is Verdict.INCONCLUSIVE
    assert bus.margins[0].runs_needed > 5
    assert mean.margins[0].verdict is Verdict.EQUIVALENT
    welch = Difference.between(VARIANT["car"], REFERENCE["car"])
    assert car.interval == welch.interval(0.05)
    assert car.welch_p_holm == pytest.approx(2 * welch.p_different())
    assert mean.welch_p_holm is None


def test_a_smaller_level_widens_the_interval():
    (wide,), (narrow,) = (compare(OVERALL, OVERALL, level=level) for level in (0.05 / 3, 0.05))
    assert wide.low < narrow.low < narrow.high < wide.high


def test_without_variation_nothing_is_tested():
    same = {"all": SampleStatistics.of([0.3, 0.3])}
    (row,) = compare(same, same)
    assert row.margins[0].verdict is Verdict.UNTESTABLE
    assert row.interval is None
    assert row.notes == ("identical runs: variation cannot be estimated",)


def test_pooled_standard_deviation():
    samples = [SampleStatistics(0.1, 0.01, 3), SampleStatistics(0.2, 0.02, 5)]
    assert pooled_std(samples) == pytest.approx(((2 * 0.01**2 + 4 * 0.02**2) / 6) ** 0.5)
    assert pooled_std([SampleStatistics.of([0.1])]) is None


def test_a_printed_table_is_read(tmp_path):
    path = tmp_path / "table.csv"
    path.write_text("class,variant,mean,std,n\nall,a,0.3,0.01,5\ncar,a,,,0\n")
    samples = read_table(path)["a"]
    assert list(samples) == ["car", "all"]
    assert samples["all"] == SampleStatistics(0.3, 0.01, 5)
    path.write_text("class,variant,mean,std,n\nall,a,30,0.01,5\nall,a,0.3,0.01,1.5\n")
    with pytest.raises(TableError, match="line 2: mean is 30") as caught:
        read_table(path)
    assert len(caught.value.findings) == 3


REFUSED = """
import sys

class Refusing:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in {"workflow_scripts", "snakemake", "torch", "pandas", "pydantic"}:
            raise ImportError(f"{name} is not part of this package")

sys.meta_path.insert(0, Refusing())
import run_equivalence.images
import run_equivalence.verdicts
"""


def test_the_readme_runs_without_the_workflow():
    (example,) = re.findall("```python\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    done = subprocess.run(
        [sys.executable, "-c", REFUSED + example],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "all 0.0 ['equivalent', 'equivalent']\nruns: 18" in done.stdout


def test_no_run_is_told_from_an_undefined_class():
    none, some = SampleStatistics.of([]), SampleStatistics.of([0.3, 0.31, 0.29])
    waiting, done = {"bus": none, "car": none}, {"bus": none, "car": some}

    def said(variant, reference):
        return [row.notes for row in compare(variant, reference)]

    undefined = ("undefined in every run: no instance in the test images",)
    assert said(done, done) == [undefined, ()]
    assert said(waiting, done) == [("no evaluated run of the variant",)] * 2
    assert said(done, waiting) == [("no evaluated run of the reference",)] * 2
    assert said(waiting, waiting) == [("no evaluated run of the variant and the reference",)] * 2
