"""Lists that are longer than memory: JSON files that are read in parts, and lists on disk."""

import gzip
import json
from pathlib import Path

import pytest
from plain_commands import long_json
from plain_commands.errors import UserError
from plain_commands.files import read_json
from plain_commands.long_json import read_long_json
from plain_commands.spool import Spool

CONTENT = {
    "info": {"year": 2026, "é": [True, None, -1.5e-3, "\u2028 \"'\\ 🚗"]},
    "images": [{"id": number, "name": "ä" * number} for number in range(40)],
    "empty": [],
    "annotations": [[number, {"a": "]"}] for number in range(300)] + ["", 12, None, 1.25],
    "end": 5,
}


@pytest.fixture(params=[1, 7, 64, 2**20])
def block(request, monkeypatch):
    """Parts of one character up to more than the file."""
    monkeypatch.setattr(long_json, "_BLOCK", request.param)


@pytest.mark.usefixtures("block")
@pytest.mark.parametrize("indent", [None, 2])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "gz"])
def test_a_file_read_in_parts_has_the_same_content(tmp_path, indent, encoding):
    text = json.dumps(CONTENT, indent=indent, ensure_ascii=bool(indent))
    file = tmp_path / ("a.json.gz" if encoding == "gz" else "a.json")
    file.write_bytes(gzip.compress(text.encode()) if encoding == "gz" else text.encode(encoding))
    lists = {"annotations": [], "empty": [], "end": [], "absent": []}
    content = read_long_json(file, lists)
    assert content == CONTENT == read_json(file)
    assert list(content) == list(CONTENT)
    assert content["annotations"] is lists["annotations"]
    assert content["empty"] is lists["empty"]
    assert lists["end"] == lists["absent"] == []  # not a list, and not in the file


@pytest.mark.usefixtures("block")
@pytest.mark.parametrize(
    "text",
    ["12", "[1, 2]", '"a"', " null\n", "-Infinity", '{"a": NaN}', "{}", '{"a": [], "b": [[]]}'],
)
def test_any_value_is_read_like_by_json(tmp_path, text):
    (tmp_path / "a.json").write_text(text)
    assert repr(read_long_json(tmp_path / "a.json", {"a": []})) == repr(json.loads(text))


BROKEN = [
    "", "{", '{"a"', '{"a":', '{"a": 1', '{"a": 1,', '{"a": 1,}', '{"a": [1', '{"a": [1,', "{1: 2}",
    '{"a": [1,]}', '{"a": [1}', '{"a": [1 2]}', '{"a": 1} x', '{"a": [{"b": 1]}', '{"a": ["x]}',
    '{\n "b": 3,\n "a": [\n  1,\n  tru\n ]}', '{"a": ["\\x"]}', '{"a": [1, 2] "b": 3}', "[1, }",
    '{"a": 1, "a": 2}', '{"a": [], "a": []}', '{"a": [{"b": 1, "b": 2}]}', '{"a" 1}', "{,}",
    '{"a": [nul]}',
]  # fmt: skip


@pytest.mark.usefixtures("block")
@pytest.mark.parametrize("text", BROKEN)
def test_broken_files_are_refused_with_the_words_of_json(tmp_path, text):
    file = tmp_path / "a.json"
    file.write_text(text)
    with pytest.raises(UserError) as expected:
        read_json(file)
    with pytest.raises(UserError) as found:
        read_long_json(file, {"a": []})
    assert str(found.value) == str(expected.value)


def test_an_error_far_into_a_file_is_found_at_its_place(tmp_path):
    file = tmp_path / "a.json"
    entries = [json.dumps({"id": number}) for number in range(200_000)]
    entries[150_000] = '{"id": wrong}'
    file.write_text('{"a": [\n' + ",\n".join(entries) + "]}")
    read = []
    with pytest.raises(UserError, match=r"Expecting value: line 150002 column 8 \(char \d+\)"):
        read_long_json(file, {"a": read})
    assert len(read) == 150_000


def test_files_that_cannot_be_read(tmp_path):
    for name, reason in {"none.json": "no such file", "": "Is a directory"}.items():
        with pytest.raises(UserError, match=reason):
            read_long_json(tmp_path / name, {})
    (tmp_path / "a.json.gz").write_bytes(gzip.compress(json.dumps(CONTENT).encode())[:-20])
    with pytest.raises(UserError, match=r"a.json.gz: not valid JSON \(Compressed file ended"):
        read_long_json(tmp_path / "a.json.gz", {"annotations": []})


def test_a_list_on_disk_is_like_one_in_memory(tmp_path):
    records = [{"number": number, "text": "x" * (number % 50)} for number in range(500)]
    spool = Spool(tmp_path / "not there yet")
    assert list(spool) == []
    for number, record in enumerate(records):
        spool.append(record)
        assert spool[number // 2] == records[number // 2]  # reading does not disturb writing
    assert list(spool) == records
    assert (len(spool), spool[-1], spool[3:5]) == (500, records[-1], records[3:5])
    with pytest.raises(IndexError):
        spool[500]
    assert list(tmp_path.iterdir()) == []


def test_a_place_that_is_no_folder_is_said_at_once(tmp_path):
    (tmp_path / "link").symlink_to("nowhere")
    (tmp_path / "file").touch()
    for place in ("link", "link/below", "file", "file/below"):
        with pytest.raises(UserError, match=rf"{place}: cannot be written \((File|Not)"):
            Spool(tmp_path / place)


FULL = Path("/dev/full")


@pytest.mark.skipif(not FULL.exists(), reason="there is no /dev/full")
def test_a_full_disk_is_reported_by_its_folder(tmp_path, monkeypatch):
    with FULL.open("w+b", buffering=0) as full:
        monkeypatch.setattr("plain_commands.spool.temporary_file", lambda _: full)
        with pytest.raises(UserError, match=r"cannot be written \(No space left on device\); free"):
            Spool(tmp_path).append("x")
