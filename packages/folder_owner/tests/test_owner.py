"""Ownership of a folder: the living are respected, the dead are replaced."""

import errno
import json
import os
import subprocess
import sys
import threading
import time
from dataclasses import asdict, replace
from pathlib import Path

import folder_owner
import pytest
from folder_owner import Owner, OwnershipError, owned, owner_of, remove_owned

PACKAGE = Path(__file__).resolve().parents[1]


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    """Everything in fractions of a second."""
    monkeypatch.setattr(folder_owner, "BEAT_SECONDS", 0.05)
    monkeypatch.setattr(folder_owner, "STALE_SECONDS", 0.1)


def never():
    raise AssertionError("the folder was taken over")


def soon() -> float:
    """The time until which a process waits that does not want to wait for long."""
    return time.time() + 0.3


def written(file, owner: Owner) -> Owner:
    file.write_text(json.dumps(asdict(owner)))
    return owner


def elsewhere(**changes) -> Owner:
    """A process on another machine."""
    return replace(Owner.this_process(), host="node17", slurm_job="4711", **changes)


def test_an_owner_is_known_while_it_works(tmp_path, monkeypatch):
    monkeypatch.setenv("SLURM_JOB_ID", "12")
    file = tmp_path / "owner.json"
    with owned(file, never):
        owner = owner_of(file)
        assert owner.slurm_job == "12"
        assert owner.lives_here
    assert list(tmp_path.iterdir()) == []


def test_a_living_owner_is_named_to_the_second(tmp_path):
    file = tmp_path / "owner.json"
    refusal = pytest.raises(OwnershipError, match=r"works in this folder \(process \d+ on")
    with owned(file, never):
        with refusal, owned(file, never, soon()):
            pass
        assert file.exists()


def test_an_owner_elsewhere_lives_while_its_heart_beats(tmp_path, monkeypatch):
    monkeypatch.setattr(folder_owner, "STALE_SECONDS", 60.0)
    file = tmp_path / "owner.json"
    owner = written(file, elsewhere())
    ended = threading.Event()
    heart = threading.Thread(target=folder_owner._beat, args=(file, owner, ended, never))
    heart.start()
    # Its first beat is of another second than the one it was made in.
    written(file, replace(owner, beat="2000-01-01T00:00:00+00:00"))
    try:
        refusal = pytest.raises(OwnershipError, match=r"node17, Slurm job 4711.*scancel 4711")
        with refusal, owned(file, never, soon()):
            pass
    finally:
        ended.set()
        heart.join()


def test_an_owner_elsewhere_without_a_heartbeat_is_gone(tmp_path):
    file = tmp_path / "owner.json"
    dead = written(file, elsewhere())
    with owned(file, never):
        assert owner_of(file).name != dead.name


def test_a_process_that_ended_here_is_gone_at_once(tmp_path, monkeypatch):
    monkeypatch.setattr(folder_owner, "STALE_SECONDS", 3600.0)
    code = (
        f"import sys, json, dataclasses; sys.path.insert(0, {str(PACKAGE)!r}); "
        "import folder_owner; "
        "print(json.dumps(dataclasses.asdict(folder_owner.Owner.this_process())))"
    )
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    file = tmp_path / "owner.json"
    file.write_text(ended.stdout)
    with owned(file, never):
        assert owner_of(file).lives_here


def test_an_owner_learns_that_it_was_taken_over(tmp_path):
    file = tmp_path / "owner.json"
    lost = threading.Event()
    with owned(file, lost.set):
        other = written(file, elsewhere())
        assert lost.wait(10)
    assert owner_of(file) == other


def test_a_folder_that_its_owner_removes_goes_to_the_process_that_waits(tmp_path):
    folder = tmp_path / "checkpoints"
    folder.mkdir()
    file = folder / "owner.json"
    owner, failures = [], []

    def wait():
        try:
            with owned(file, never):
                owner.append(owner_of(file))
        except OSError as error:
            failures.append(error)

    waiter = threading.Thread(target=wait)
    with owned(file, never):
        first = owner_of(file)
        waiter.start()
        while not list(folder.glob(".owner.json.*")):
            pass
        (folder / "state.pth").touch()
        remove_owned(folder)
    waiter.join()
    assert failures == []
    assert owner[0].name != first.name
    assert [path.name for path in tmp_path.iterdir()] == ["checkpoints"]
    assert not list(folder.iterdir())


def test_a_folder_that_vanishes_during_a_takeover_is_made_again(tmp_path, monkeypatch):
    file = tmp_path / "checkpoints/owner.json"
    file.parent.mkdir()
    written(file, elsewhere(beat="2000-01-01T00:00:00+00:00"))
    taken_over = folder_owner._taken_over

    def late(*arguments):
        if file.exists():
            remove_owned(file.parent)
        return taken_over(*arguments)

    monkeypatch.setattr(folder_owner, "_taken_over", late)
    with owned(file, never):
        assert owner_of(file).lives_here


def test_a_takeover_that_a_process_died_over_is_taken_over(tmp_path):
    file = tmp_path / "owner.json"
    dead = written(file, elsewhere())
    claim = tmp_path / f".owner.json.after.{dead.name}"
    written(claim, elsewhere(beat="2000-01-01T00:00:00+00:00"))
    with owned(file, never):
        assert owner_of(file).lives_here
    assert not list(tmp_path.iterdir())


def test_a_heartbeat_leaves_the_file_of_a_successor_alone(tmp_path, monkeypatch):
    """The takeover comes between the look at the file and the write."""
    file = tmp_path / "owner.json"
    own, successor = written(file, Owner.this_process()), elsewhere()
    plain = Path.open

    def after_takeover(path, *arguments, **options):
        if path == file and arguments[:1] == ("r+",):
            draft = tmp_path / "draft"
            written(draft, successor)
            draft.replace(file)
        return plain(path, *arguments, **options)

    monkeypatch.setattr(Path, "open", after_takeover)
    lost, ended = threading.Event(), threading.Event()
    heart = threading.Thread(target=folder_owner._beat, args=(file, own, ended, lost.set))
    heart.start()
    assert lost.wait(10)
    ended.set()
    heart.join()
    assert owner_of(file) == successor


def test_an_owner_ends_well_when_its_file_vanishes_at_the_last_moment(tmp_path, monkeypatch):
    file = tmp_path / "owner.json"
    with owned(file, never):
        monkeypatch.setattr(folder_owner, "owner_of", lambda file: None)


@pytest.mark.parametrize("has_links", [True, False])
def test_many_get_the_folder_one_after_another(tmp_path, monkeypatch, has_links):
    """Also where the file system has no hard links."""
    if not has_links:
        monkeypatch.setattr(os, "link", without_links)
    file = tmp_path / "owner.json"
    written(file, elsewhere())
    inside, most = [], []

    def work():
        with owned(file, never):
            inside.append(1)
            most.append(len(inside))
            threading.Event().wait(0.05)
            inside.pop()

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == [1] * 6
    assert not list(tmp_path.iterdir())


def without_links(source, target):
    raise PermissionError(errno.EPERM, "Operation not permitted", str(source), None, str(target))


OWNER = asdict(replace(Owner.this_process(), host="node17"))


@pytest.mark.parametrize(
    "content",
    [
        "",
        "{",
        "[1]",
        "3",
        "[" * 100_000,
        "\0" * 100,
        '{"host": "node17"}',
        json.dumps({**OWNER, "beat": "yesterday"}),
        json.dumps({**OWNER, "beat": 3}),
        json.dumps({**OWNER, "beat": "2026-01-01T00:00:00"}),
        json.dumps({**OWNER, "name": "../other"}),
        json.dumps({**OWNER, "name": None}),
        json.dumps({**OWNER, "more": 1}),
    ],
)
def test_a_damaged_file_is_named(tmp_path, monkeypatch, content):
    monkeypatch.setattr(time, "sleep", lambda seconds: None)  # nobody is in the middle of a write
    file = tmp_path / "owner.json"
    file.write_text(content)
    line = r"owner.json: damaged; remove it if no process works in its folder"
    with pytest.raises(OwnershipError, match=line), owned(file, never):
        pass
    assert file.read_text() == content
