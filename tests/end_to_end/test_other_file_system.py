"""Results on another file system than the working folder, the originals and temporary files."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests import preloaded
from tests.small_experiment import copied, small_config
from tests.training.running import hash_of_weights
from tests.workflow import PROJECT, Workflow
from workflow_scripts.contracts.layout import Layout
from workflow_scripts.contracts.manifest import read_manifest

pytestmark = pytest.mark.slow

RUN = "runs/natural/seed~1"


@pytest.fixture
def elsewhere(disk, tmp_path) -> Iterator[dict[str, str]]:
    """An environment whose temporary files lie neither with the results nor with the work."""
    if tmp_path.stat().st_dev == disk.stat().st_dev:
        pytest.skip("temporary folders lie on the same file system as the results")
    shared = Path("/dev/shm")
    place = shared if os.access(shared, os.W_OK) else tmp_path
    with tempfile.TemporaryDirectory(dir=place) as folder:
        yield {**preloaded.forked(), "TMPDIR": folder}


def test_the_config_names_a_folder_elsewhere(disk, elsewhere, small_experiment, tmp_path):
    """Everything is made there, from the drawn images to the report."""
    finished, _ = small_experiment
    config = {**small_config(), "seeds": 1, "results": str(disk / "große Platte")}
    workflow = Workflow(tmp_path / "work", config, "profiles/demo", environment=elsewhere)
    workflow.run()
    assert not (workflow.folder / "results").exists()
    compare(disk / "große Platte/small", finished.results)
    assert workflow.plan() == {}


def test_a_link_leads_elsewhere(disk, elsewhere, small_experiment, tmp_path):
    """What is lost of a finished experiment is made again, behind the link."""
    finished, _ = small_experiment
    copy = replace(finished, folder=tmp_path / "work", environment=elsewhere)
    workflow = copied(finished, copy)
    link = workflow.folder / "results"
    shutil.move(link, disk / "linked")
    link.symlink_to(disk / "linked")
    assert workflow.plan() == {}
    shutil.rmtree(workflow.results / RUN)
    shutil.rmtree(workflow.results / "images/natural")
    (workflow.results / "report.html").unlink()
    workflow.run()
    assert link.is_symlink()
    compare(workflow.results, finished.results)
    assert workflow.plan() == {}


def test_images_alone_go_elsewhere(disk, elsewhere, small_experiment, tmp_path):
    """From a folder on one file system to one on another."""
    drawn = Layout(small_experiment[0].results).drawn
    photos = tmp_path / "photos"
    photos.mkdir()
    for image in sorted(drawn.rglob("*.png"))[:3]:
        shutil.copy(image, photos)
    words = ["workflow_scripts", "anonymize", str(photos), "--method", "blackbox"]
    done = preloaded.run(
        [*words, "--output", str(disk / "out")], PROJECT, {**os.environ, **elsewhere}
    )
    assert done.returncode == 0, done.stdout
    names = [file.name for file in (disk / "out").iterdir()]
    assert sorted(names) == sorted(file.name for file in photos.iterdir())
    assert (disk / "out-contact-sheet.png").is_file()


def compare(results: Path, expected: Path) -> None:
    """Compare images, weights and evaluation of a run, and see that there are tables and a page."""
    made, known = (Layout(folder) for folder in (results, expected))
    images = [
        {entry.image: entry.sha256 for entry in read_manifest(layout.manifest("natural", "train"))}
        for layout in (made, known)
    ]
    assert images[0] == images[1]
    assert hash_of_weights(results / RUN) == hash_of_weights(expected / RUN)
    for name in ("predictions.json.gz", "eval.json"):
        assert (results / RUN / name).read_bytes() == (expected / RUN / name).read_bytes()
    assert (results / "tables/table_2.md").is_file()
    assert made.report.is_file()
