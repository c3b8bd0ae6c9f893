"""Images on a node's own disk: copied once, checked by hash, and dispensable."""

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
from plain_commands.errors import UserError
from pyarrow import parquet

from tests.training.running import hash_of_weights, run_here
from tests.training.shapes import write_variant
from workflow_scripts.contracts.manifest import FILE_NAME
from workflow_scripts.training import local_images
from workflow_scripts.training.local_images import with_local_images


def copies(folder):
    """The copied files, by name."""
    return {file.name: file for file in folder.rglob("*.png")}


def test_originals_are_copied_once(job, tmp_path, caplog, monkeypatch):
    monkeypatch.setenv("NODE_DISK", str(tmp_path / "node"))
    caplog.set_level("INFO")
    with ThreadPoolExecutor() as pool:
        local = list(
            pool.map(lambda _: with_local_images(job, Path("$NODE_DISK/my images")), range(3))
        )
    assert local[0] == local[1] == local[2]
    assert local[0].images.parent == tmp_path / "node/my images"
    said = sorted(record.message.split(": ")[1] for record in caplog.records)
    assert said == [f"10 images, of which {count} copied now" for count in (0, 0, 10)]
    assert copies(local[0].images).keys() == copies(job.images).keys()
    assert run_here(local[0]).message
    run_here(elsewhere := replace(job, output=tmp_path / "other"))
    assert hash_of_weights(job.output) == hash_of_weights(elsewhere.output)


def test_a_variant_has_a_copy_of_its_own(job, tmp_path):
    write_variant(tmp_path / "variant", job.images, 2)
    variant = replace(job, anonymized=tmp_path / "variant")
    local = with_local_images(variant, tmp_path / "node")
    assert local.images == job.images
    assert local.anonymized.parent == tmp_path / "node"
    assert local.anonymized != with_local_images(job, tmp_path / "node").images
    assert len(copies(local.anonymized)) == 9
    assert with_local_images(local, tmp_path / "other").anonymized.name == local.anonymized.name


def test_a_copy_that_has_changed_is_made_again(job, tmp_path):
    local = with_local_images(job, tmp_path / "node")
    name, file = sorted(copies(local.images).items())[0]
    whole = file.read_bytes()
    file.write_bytes(whole[:-1])
    with_local_images(job, tmp_path / "node")
    assert file.read_bytes() == whole == (job.images / name).read_bytes()


def test_an_original_that_has_changed_is_named(job, tmp_path):
    moved = tmp_path / "images"
    moved.mkdir()
    for name, file in copies(job.images).items():
        (moved / name).write_bytes(file.read_bytes()[: -(name == "image_001.png") or None])
    with pytest.raises(UserError, match=r"image_001.png: the file has changed since"):
        with_local_images(replace(job, images=moved), tmp_path / "node")


def test_without_room_images_are_read_where_they_are(job, tmp_path, caplog, monkeypatch):
    def full(image, root, folder):
        raise OSError(28, os.strerror(28))

    monkeypatch.setattr(local_images, "_copy", full)
    assert with_local_images(job, tmp_path / "node") == job
    assert "images are not copied (No space left on device), but read from" in caplog.text
    assert not any(path.is_dir() for path in (tmp_path / "node").iterdir())


def test_what_another_training_reads_stays_as_it_is(job, tmp_path, caplog, monkeypatch):
    write_variant(tmp_path / "variant", job.images, 2)
    variant = replace(job, anonymized=tmp_path / "variant")
    local = with_local_images(variant, tmp_path / "node").anonymized
    files = {path: path.stat() for path in local.rglob("*")}
    with_local_images(variant, tmp_path / "node")
    assert {path: path.stat() for path in local.rglob("*")} == files

    def full(target, content):
        raise OSError(28, os.strerror(28))

    sorted(copies(local).values())[-1].unlink()  # as by a site that clears its disks
    monkeypatch.setattr(local_images, "_write", full)
    assert with_local_images(variant, tmp_path / "node") == variant
    assert "No space left on device" in caplog.text
    assert len(copies(local)) == 8


def test_the_same_images_with_another_manifest_are_another_copy(job, tmp_path):
    write_variant(tmp_path / "variant", job.images, 2)
    variant = replace(job, anonymized=tmp_path / "variant")
    first = with_local_images(variant, tmp_path / "node").anonymized
    manifest = tmp_path / "variant" / FILE_NAME
    parquet.write_table(parquet.read_table(manifest), manifest, compression="none")
    second = with_local_images(variant, tmp_path / "node").anonymized
    assert first != second
    assert (second / FILE_NAME).read_bytes() == manifest.read_bytes()
    assert (first / FILE_NAME).read_bytes() != manifest.read_bytes()


@pytest.mark.parametrize(
    "folder", ["$NOT_SET", "$NOT_SET/me", "/tmp/$NOT_SET/me", "$EMPTY", "disk"]
)
def test_a_variable_that_is_not_set_makes_no_folder(job, tmp_path, caplog, monkeypatch, folder):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("EMPTY", "")
    before = set(tmp_path.iterdir())
    assert with_local_images(job, Path(folder)) == job
    assert "(a variable in it is not set, or it is not an absolute path), but read" in caplog.text
    assert set(tmp_path.iterdir()) == before
