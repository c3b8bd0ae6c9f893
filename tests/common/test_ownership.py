"""Who works in a folder: the living are respected, the dead are not."""

import json
import subprocess
import sys
import threading
from dataclasses import asdict, replace

import pytest

from workflow_scripts.common import ownership
from workflow_scripts.common.errors import UserError
from workflow_scripts.common.ownership import Owner, owned, owner_of


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    """Everything in fractions of a second."""
    monkeypatch.setattr(ownership, "BEAT_SECONDS", 0.05)
    monkeypatch.setattr(ownership, "PATIENCE_SECONDS", 0.2)
    monkeypatch.setattr(ownership, "STALE_SECONDS", 1.0)


def never():
    raise AssertionError("the folder was taken over")


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
    refusal = pytest.raises(UserError, match=r"trains in this folder \(process \d+ on")
    with owned(file, never):
        with refusal, owned(file, never):
            pass
        assert file.exists()


def test_an_owner_elsewhere_lives_while_its_heart_beats(tmp_path):
    file = tmp_path / "owner.json"
    owner = written(file, elsewhere())
    ended = threading.Event()
    heart = threading.Thread(target=ownership._beat, args=(file, owner, ended, never))
    heart.start()
    # Its first beat is of another second than the one it was made in.
    written(file, replace(owner, beat="2000-01-01T00:00:00+00:00"))
    try:
        refusal = pytest.raises(UserError, match=r"node17, Slurm job 4711.*scancel 4711")
        with refusal, owned(file, never):
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
    monkeypatch.setattr(ownership, "STALE_SECONDS", 3600.0)
    code = (
        "from workflow_scripts.common.ownership import *; import json; "
        "print(json.dumps(asdict(Owner.this_process())))"
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


def test_one_of_many_gets_the_folder(tmp_path):
    file = tmp_path / "owner.json"
    written(file, elsewhere())
    inside, most, refused = [], [], []

    def work():
        try:
            with owned(file, never):
                inside.append(1)
                most.append(len(inside))
                threading.Event().wait(0.05)
                inside.pop()
        except UserError:
            refused.append(1)

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most
    assert max(most) == 1
    assert not list(tmp_path.iterdir())
    assert len(most) + len(refused) == 6


def test_a_damaged_file_is_named(tmp_path):
    file = tmp_path / "owner.json"
    file.write_text("{")
    with pytest.raises(UserError, match=r"owner.json: damaged"), owned(file, never):
        pass
