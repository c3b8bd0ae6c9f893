"""Files that are whole or not there."""

import json
import os
import re
from pathlib import Path

import pytest
from plain_commands.errors import UserError
from plain_commands.files import (
    atomic,
    check_writable,
    explained,
    inputs_kept,
    link_or_copy,
    read_json,
    refuse_overwriting,
    unfinished,
    write_json,
    write_text,
)

UMASK = os.umask(0o022)
os.umask(UMASK)


def test_what_fails_leaves_the_older_file(tmp_path):
    path = tmp_path / "a.json"
    write_json(path, 1)
    with pytest.raises(RuntimeError), atomic(path) as temporary:
        temporary.write_text("half")
        raise RuntimeError
    assert read_json(path) == 1
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize(
    ("name", "reason"),
    [("file/a.json", "Not a directory|File exists"), ("folder", "Is a directory")],
)
def test_a_place_that_cannot_be_written_is_one_line(tmp_path, name, reason):
    (tmp_path / "file").touch()
    (tmp_path / "folder").mkdir()
    with pytest.raises(
        UserError, match=rf"{name}: cannot be written \(({reason})\); correct its path"
    ):
        write_json(tmp_path / name, 1)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "folder"]


@pytest.mark.parametrize(
    ("place", "reason"),
    [
        ("/proc/none/a.json", "No such file or directory"),
        ("/proc/none/far/a.json", "No such file or directory"),
        ("n" * 300 + "/a.json", "File name too long"),
        ("loop/a.json", "Too many levels of symbolic links|File exists"),
    ],
)
def test_a_folder_that_cannot_exist_is_one_line(tmp_path, place, reason):
    (tmp_path / "loop").symlink_to("loop")
    path = tmp_path / place
    for check in (lambda: check_writable(path), lambda: write_json(path, 1)):
        with pytest.raises(UserError, match=rf"a.json: cannot be written \(({reason})\); correct"):
            check()


def test_another_missing_file_is_a_bug(tmp_path):
    with pytest.raises(FileNotFoundError), atomic(tmp_path / "a.json"):
        (tmp_path / "other").read_text()
    with pytest.raises(FileNotFoundError), explained():
        (tmp_path / "other").read_text()


def test_a_path_that_no_system_takes_is_one_line(tmp_path):
    (tmp_path / "loop").symlink_to("loop")
    for path, reason in (
        (tmp_path / "loop", "Too many levels of symbolic links"),
        (tmp_path / ("n" * 300), "File name too long"),
    ):
        said = re.escape(f"{path}: cannot be read or written ({reason}); correct its path")
        for use in (Path.stat, Path.read_text):
            with pytest.raises(UserError, match=said), explained():
                use(path)
    with pytest.raises(UserError, match="loop: cannot be read or written"), explained():
        (tmp_path / "loop").resolve()
    with pytest.raises(RuntimeError, match="a bug"), explained():
        raise RuntimeError("a bug")


def test_inputs_are_not_replaced(tmp_path):
    file, folder, link = tmp_path / "in/a.json", tmp_path / "in", tmp_path / "link.json"
    folder.mkdir()
    file.write_text("1")
    link.symlink_to("in/a.json")
    with inputs_kept([link]):
        for path in (file, link, folder / "../in/a.json"):
            with pytest.raises(UserError, match=r"\.json: is an input and would be over"):
                write_json(path, 2)
        with pytest.raises(UserError, match=r"in: contains the input .*in/a\.json"), atomic(folder):
            pass
        write_json(folder / "b.json", 2)
    assert file.read_text() == "1"
    write_json(file, 2)
    assert read_json(file) == 2


def test_no_file_in_a_folder_of_inputs_is_overwritten(tmp_path):
    (tmp_path / "a.png").touch()
    refuse_overwriting([], {"--output": tmp_path / "new.json"}, [tmp_path])
    with pytest.raises(UserError, match=f"--output: .*a.png is an input .* outside of {tmp_path}"):
        refuse_overwriting([], {"--output": tmp_path / "a.png"}, [tmp_path])


def test_a_check_of_an_output_leaves_nothing(tmp_path):
    (tmp_path / "file").touch()
    (tmp_path / "folder").mkdir()
    for name, folder in (("file", False), ("new/a.json", False), ("folder", True), ("new", True)):
        check_writable(tmp_path / name, folder=folder)
    for name, folder in (("file", True), ("folder", False), ("file/a", False), ("file/a", True)):
        with pytest.raises(UserError, match="cannot be written"):
            check_writable(tmp_path / name, folder=folder)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "folder"]


def test_a_full_disk_is_one_line_and_keeps_the_older_file(tmp_path):
    path = tmp_path / "a.json"
    write_json(path, 1)
    full = pytest.raises(
        UserError, match=r"a.json: cannot be written \(No space left on device\); free disk"
    )
    with full, atomic(path) as temporary:
        temporary.write_text("half")
        Path("/dev/full").write_text("more")
    assert read_json(path) == 1
    assert list(tmp_path.iterdir()) == [path]


def test_a_folder_is_replaced_as_a_whole(tmp_path):
    folder = tmp_path / "shard"
    for name in ("old", "new"):
        with atomic(folder) as temporary:
            temporary.mkdir()
            (temporary / name).touch()
    assert [path.name for path in folder.iterdir()] == ["new"]


def test_what_a_killed_process_leaves_is_found(tmp_path):
    (tmp_path / ".a.12345678").mkdir()
    with atomic(tmp_path / "a[1].json") as file:
        file.touch()
        assert unfinished(tmp_path / "a[1].json") == [file]
    assert unfinished(tmp_path / "a[1].json") == []
    assert unfinished(tmp_path / "a") == [tmp_path / ".a.12345678"]


@pytest.mark.parametrize("name", ["n" * 251 + ".png", "ü" * 125 + ".png", "n" * 242 + ".png"])
def test_a_file_may_have_the_longest_name(tmp_path, name):
    with atomic(tmp_path / name) as file:
        file.touch()
        assert file.suffix == ".png"
        assert unfinished(tmp_path / name) == [file]
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_only_the_owner_may_read_a_private_file(tmp_path):
    for private, mode in ((False, 0o644), (True, 0o600), (False, 0o644)):
        write_text(tmp_path / "a.html", "text", private=private)
        assert (tmp_path / "a.html").stat().st_mode & 0o777 == mode & ~UMASK


def test_a_copy_has_the_permissions_of_its_source(tmp_path, monkeypatch):
    def refuse(*_):
        raise PermissionError

    monkeypatch.setattr("os.link", refuse)
    (tmp_path / "a.jpg").touch(0o600)
    link_or_copy(tmp_path / "a.jpg", tmp_path / "b.jpg")
    assert (tmp_path / "b.jpg").stat().st_mode & 0o777 == 0o600


def test_compressed_json_has_the_same_bytes_every_time(tmp_path):
    for name in ("a.json.gz", "b.json.gz"):
        write_json(tmp_path / name, [{"ä": 1.5}])
    assert (tmp_path / "a.json.gz").read_bytes() == (tmp_path / "b.json.gz").read_bytes()
    assert read_json(tmp_path / "a.json.gz") == [{"ä": 1.5}]


def test_nan_is_refused(tmp_path):
    with pytest.raises(ValueError, match="not JSON compliant"):
        write_json(tmp_path / "a.json", float("nan"))


@pytest.mark.parametrize("content", [b"", b"{", b"\x1f\x8b\x08"])
@pytest.mark.parametrize("name", ["a.json", "a.json.gz"])
def test_a_damaged_file_is_named(tmp_path, name, content):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(UserError, match=f"{name}: not valid JSON"):
        read_json(tmp_path / name)


def test_a_folder_and_endless_nesting_are_named(tmp_path):
    with pytest.raises(UserError, match=r"cannot be read \(Is a directory\)"):
        read_json(tmp_path)
    (tmp_path / "a.json").write_text("[" * 100_000)
    with pytest.raises(UserError, match=r"a\.json: not valid JSON"):
        read_json(tmp_path / "a.json")


def test_a_link_has_the_same_content(tmp_path):
    (tmp_path / "a").write_text(json.dumps(1))
    link_or_copy(tmp_path / "a", tmp_path / "b/c")
    assert (tmp_path / "b/c").read_text() == "1"


def test_a_linked_symbolic_link_is_the_file_that_it_leads_to(tmp_path):
    (tmp_path / "raw").mkdir()
    (tmp_path / "raw/a").write_text("1")
    (tmp_path / "link").symlink_to("raw/a")
    link_or_copy(tmp_path / "link", tmp_path / "b/c")
    assert not (tmp_path / "b/c").is_symlink()
    assert (tmp_path / "b/c").read_text() == "1"
