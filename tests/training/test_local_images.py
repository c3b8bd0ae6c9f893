"""Images on a node's own disk: copied once, checked by hash, and dispensable."""

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from plain_commands.errors import UserError

from tests.training.running import hash_of_weights, run_here
from tests.training.shapes import write_variant
from workflow_scripts.training import local_images
from workflow_scripts.training.local_images import with_local_images


def copies(folder):
    """The copied files, by name."""
    return {file.name: file for file in folder.rglob("*.png")}


def test_originals_are_copied_once(job, tmp_path, caplog, monkeypatch):
    monkeypatch.setenv("NODE_DISK", str(tmp_path / "node"))
    caplog.set_level("INFO")
    with ThreadPoolExecutor() as pool:
        local = list(pool.map(lambda _: with_local_images(job, "$NODE_DISK/me"), range(3)))
    assert local[0] == local[1] == local[2]
    assert local[0].images.parent == tmp_path / "node/me"
    said = sorted(record.message.split(": ")[1] for record in caplog.records)
    assert said == [f"10 images, {count} of them copied now" for count in (0, 0, 10)]
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
    assert "no copy of the images (No space left on device): they are read where" in caplog.text
    assert list((tmp_path / "node").iterdir()) == []
