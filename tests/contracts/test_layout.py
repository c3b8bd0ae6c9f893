"""Every path below results/<experiment>/."""

from pathlib import Path

import pytest
from plain_commands.errors import UserError

from workflow_scripts.contracts.layout import Layout
from workflow_scripts.contracts.run_layout import run_in, run_job

LAYOUT = Layout.of("demo")


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        (LAYOUT.annotations("val"), "data/val.coco.json"),
        (LAYOUT.shards, "data/shards.json"),
        (LAYOUT.regions("train", "000-4ead6d89"), "pii/train/000-4ead6d89.parquet"),
        (LAYOUT.shard_images("blur", "val", "000-1"), "images/blur/val/000-1"),
        (LAYOUT.manifest("blur", "train"), "images/blur/train/manifest.parquet"),
        (LAYOUT.run("blur", 3).checkpoint, "runs/blur/seed~3/model_final.pth"),
        (LAYOUT.run("blur", 3).owner, "runs/blur/seed~3/checkpoints/owner.json"),
        (LAYOUT.run("blur", 3).test().evaluation, "runs/blur/seed~3/eval.json"),
        (LAYOUT.run("blur", 3).test("box").evaluation, "runs/blur/seed~3/on~box/eval.json"),
        (LAYOUT.expected_runs, "runs/expected.json"),
        (LAYOUT.audit("blur"), "privacy/blur.json"),
        (LAYOUT.missed, "privacy/missed/estimate.json"),
        (LAYOUT.only_second, "privacy/missed/only_second.parquet"),
        (LAYOUT.table("table_2", "md"), "tables/table_2.md"),
        (LAYOUT.log(run_job("train", "blur", 3)), "logs/train/blur/seed~3.log"),
        (LAYOUT.benchmark("verdict"), "benchmarks/verdict.tsv"),
        (
            LAYOUT.log(run_job("predict", "blur", 3, "box")),
            "logs/predict/blur/seed~3/on~box.log",
        ),
    ],
)
def test_paths(path: Path, expected: str) -> None:
    assert path == Path("results/demo") / expected


def test_names_may_be_wildcards() -> None:
    assert str(LAYOUT.regions("{split}", "{shard}")) == "results/demo/pii/{split}/{shard}.parquet"


def test_a_run_is_found_below_any_folder_of_runs() -> None:
    assert run_in(Path("runs"), "blur", 1) == Layout(Path()).run("blur", 1)


@pytest.mark.parametrize(
    "path",
    [
        *(
            "results",
            "results/demo",
            "results/demo/runs",
            "results/demo/data",
            "results/demo/tables",
        ),
        *("results/demo/runs/blur", "results/demo/runs/blur/seed~1/checkpoints"),
    ],
)
def test_a_file_in_the_place_of_a_folder_is_told(tmp_path, monkeypatch, path) -> None:
    monkeypatch.chdir(tmp_path)
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    LAYOUT.refuse_what_is_in_the_way()
    Path(path).touch()
    with pytest.raises(
        UserError, match=f"^{path}: is a file, but a folder is needed; move it away$"
    ):
        LAYOUT.refuse_what_is_in_the_way()


def test_a_file_above_the_results_is_told(tmp_path) -> None:
    (tmp_path / "disk").touch()
    with pytest.raises(UserError, match=f"^{tmp_path}/disk: is a file, but a folder is needed"):
        Layout(tmp_path / "disk/results/demo").refuse_what_is_in_the_way()
