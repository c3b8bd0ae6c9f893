"""How a damaged file is made again."""

import pytest

from workflow_scripts.contracts.advice import made_again, trained_again
from workflow_scripts.contracts.layout import Layout
from workflow_scripts.contracts.manifest import made_again_with_images


def test_a_damaged_file_is_deleted_and_requested(tmp_path):
    file = tmp_path / "a b.json"
    file.touch()
    assert made_again(file) == f"delete '{file}' and make it again with: snakemake '{file}' …"


def test_a_missing_file_is_requested(tmp_path):
    file = tmp_path / "a.json"
    assert made_again(file) == f"make it with: snakemake {file} …"


def test_of_a_run_with_a_damaged_model_all_results_are_deleted(tmp_path):
    run = Layout(tmp_path).run("blur", 1)
    run.folder.mkdir(parents=True)
    assert trained_again(run.folder) == (
        f"delete '{run.folder}' and make it again with: snakemake '{run.evaluation}' …"
    )


@pytest.mark.parametrize("is_gathered", [True, False])
def test_a_manifest_is_made_with_its_folder_unless_it_gathers_others(tmp_path, is_gathered):
    """Snakemake knows no file in a folder that a job makes as a whole."""
    layout = Layout(tmp_path)
    gathered = layout.manifest("blur", "val")
    of_shard = layout.shard_images("blur", "val", "000-ab") / "manifest.parquet"
    of_shard.parent.mkdir(parents=True)
    for manifest in gathered, of_shard:
        manifest.touch()
    manifest = gathered if is_gathered else of_shard
    made = gathered if is_gathered else of_shard.parent
    assert made_again_with_images(manifest) == made_again(made)
