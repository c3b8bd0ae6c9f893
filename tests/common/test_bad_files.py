"""Files of the workflow that are damaged or something else: one line, whatever is in them."""

import gzip
import http.server
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from folder_owner import OwnershipError, owner_of

from workflow_scripts.common import http_source
from workflow_scripts.common.downloads import copy_to
from workflow_scripts.common.errors import SourceError, UserError
from workflow_scripts.common.files import atomic, read_json, read_text, write_json, write_text
from workflow_scripts.contracts.audits import Audit
from workflow_scripts.contracts.coco import CocoSplit
from workflow_scripts.contracts.evaluations import RunEvaluation
from workflow_scripts.contracts.manifest import read_manifest
from workflow_scripts.contracts.pii_summary import PiiSummary
from workflow_scripts.contracts.regions import read_regions
from workflow_scripts.contracts.runs import read_expected
from workflow_scripts.contracts.shards import Shards
from workflow_scripts.contracts.tables import PrivacyTables, ResultTable
from workflow_scripts.contracts.trainings import TrainingRecord
from workflow_scripts.contracts.verdicts import ExperimentVerdict

JSON = {
    "shards.json": Shards.read,
    "train.coco.json": CocoSplit.read,
    "summary.json": PiiSummary.read,
    "run.json": TrainingRecord.read,
    "eval.json": RunEvaluation.read,
    "audit.json": Audit.read,
    "verdict.json": ExperimentVerdict.read,
    "table_2.json": ResultTable.read,
    "privacy.json": PrivacyTables.read,
    "expected.json": read_expected,
    "predictions.json.gz": read_json,
}
OTHERS = {
    "owner.json": owner_of,
    "manifest.parquet": read_manifest,
    "regions.parquet": read_regions,
}
BROKEN = (
    b"",
    b"{",
    b"\0",
    b'{"a": 1',
    b"[" * 100_000,
    b"9" * 5000,
    b"\xff\xfe{\0}\0x",
    b"\x1f\x8b",
)
SHAPES = (b"[]", b"null", b"5", b'"x"', b"{}", b'{"images": 5, "shards": [], "total": []}')


def refusal(read: Callable[[Path], object], path: Path) -> str:
    """What a reader says against a file."""
    with pytest.raises((UserError, OwnershipError)) as error:
        read(path)
    return str(error.value)


@pytest.mark.parametrize("name", JSON | OTHERS)
def test_what_is_broken_or_of_another_shape_is_told_by_its_name(tmp_path, name) -> None:
    path = tmp_path / name
    read = (JSON | OTHERS)[name]
    for content in BROKEN + SHAPES * (name != "predictions.json.gz"):
        path.write_bytes(content)
        said = refusal(read, path).splitlines()
        assert all(line.startswith(f"{path}: ") for line in said), (content, said)
        assert content in SHAPES or len(said) == 1


@pytest.mark.parametrize("name", JSON)
def test_what_is_missing_or_a_folder_is_told_so(tmp_path, name) -> None:
    assert refusal(JSON[name], tmp_path / name) == f"{tmp_path / name}: no such file"
    (tmp_path / name).mkdir()
    assert "cannot be read (Is a directory)" in refusal(JSON[name], tmp_path / name)


@pytest.mark.parametrize(
    ("name", "content", "line"),
    [
        (
            "shards.json",
            b"{",
            "damaged (not valid JSON (Expecting property name enclosed in double",
        ),
        ("shards.json", b"[]", "damaged (keys with values are expected (found a list)); delete it"),
        (
            "shards.json",
            b'{"digests": [], "images_per_shard": 1}',
            "damaged (digests: keys with va",
        ),
        (
            "shards.json",
            b'{"digests": {}, "images_per_shard": 1, "shards": {"a": "text"}}',
            "damaged (by_split.train.a: Input should be a valid tuple (found 'text')); delete",
        ),
        ("summary.json", b'{"by_kind": {}, "total": {"histogram": {"0": "x"}}}', "0: Input should"),
        (
            "summary.json",
            b'{"by_kind": {"hat": {}}}',
            "no PII summary ('hat' is not a valid Kind);",
        ),
        (
            "expected.json",
            b'{"variants": ["a"], "seeds": [true], "classes": ["c"]}',
            "seeds.0: Inp",
        ),
        ("eval.json", b'{"schema": 2}', "schema: Input should be 1 (found 2)"),
        ("predictions.json.gz", gzip.compress(b"[")[:-4], "not valid JSON (Compressed file ended"),
        ("predictions.json.gz", gzip.compress(b"["), "not valid JSON (Expecting value: line 1"),
    ],
)
def test_a_damaged_file_is_one_line(tmp_path, name, content, line) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    assert f"{path}: {line}" in refusal(JSON[name], path) or line in refusal(JSON[name], path)


@pytest.mark.parametrize(("name", "read"), [(n, OTHERS[n]) for n in OTHERS if "parquet" in n])
def test_a_table_of_another_version_is_told_so(tmp_path, name, read) -> None:
    path = tmp_path / name
    pq.write_table(pa.table({"image": ["a.png"], "x": [1]}), path)
    said = refusal(read, path)
    assert said.startswith(f"{path}: made by another version of the workflow, or not a ")
    assert "(its columns: image, x); " in said
    assert said.endswith("again")


def test_text_is_utf_8(tmp_path) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes("\ufeffä\n".encode())
    assert read_text(path) == "ä\n"
    path.write_bytes(b"a\nb\n\xe4\n")
    assert refusal(read_text, path) == f"{path}: line 3: not UTF-8; save it as UTF-8"
    path.unlink()
    assert refusal(read_text, path) == f"{path}: no such file"


@pytest.mark.parametrize("name", ["a.txt", "a.json", "a.json.gz"])
def test_a_name_that_is_not_utf_8_is_one_line(tmp_path, name) -> None:
    write = write_text if name == "a.txt" else write_json
    said = refusal(lambda path: write(path, "images/caf\udce9.png"), tmp_path / name)
    assert "images/caf\\udce9.png" in said
    assert said.endswith(": this name is not UTF-8; rename the file")
    assert list(tmp_path.iterdir()) == []


def test_a_read_only_folder_is_one_line(tmp_path, monkeypatch) -> None:
    def refuse(*_, **__) -> None:
        raise PermissionError(13, "Permission denied", str(tmp_path / "new"))

    monkeypatch.setattr(Path, "mkdir", refuse)
    said = refusal(lambda path: write_text(path, "x"), tmp_path / "new/a.txt")
    assert said.startswith(f"{tmp_path}/new/a.txt: cannot be written (Permission denied); correct")


def test_an_error_of_the_content_is_no_error_of_writing(tmp_path) -> None:
    with pytest.raises(FileNotFoundError), atomic(tmp_path / "a"):
        (tmp_path / "gone").read_text()


class Server(http.server.BaseHTTPRequestHandler):
    """A server that answers by the path: redirects, drips, or asks for a password."""

    def do_GET(self) -> None:
        """Answer a request."""
        if self.path.startswith("/to/"):
            self.send_response(302)
            self.send_header("Location", self.path[len("/to/") :])
        elif self.path == "/drip":
            self.send_response(200)
            self.end_headers()
            while not self.server.ended.wait(0.02):
                self.wfile.write(b".")
            return
        else:
            known = self.headers.get("Authorization") == "Basic dXNlcjpzZWNyZXQ="
            self.send_response(200 if known else 401)
        self.end_headers()
        self.wfile.write(b"content")

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def address() -> Iterator[str]:
    """Address of `Server`, without the scheme."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Server) as server:
        server.ended = threading.Event()
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"127.0.0.1:{server.server_port}"
        server.ended.set()
        server.shutdown()


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("/to/ftp://h/a", "it redirects to ftp://h/a, which is no http(s) URL"),
        (
            "/to/file:///etc/hostname",
            "HTTP 302 Found - Redirection to url 'file:///etc/hostname' is not allowed",
        ),
        ("/drip", "less than 1048576 bytes in 0.2 s"),
        ("/locked", "HTTP 401 Unauthorized"),
    ],
)
def test_a_source_that_is_no_file_is_refused(tmp_path, address, monkeypatch, path, reason) -> None:
    monkeypatch.setattr(http_source, "SECONDS_PER_PIECE", 0.2)
    with pytest.raises(SourceError) as error:
        copy_to(tmp_path / "copy", f"http://{address}{path}", "weights")
    assert str(error.value) == reason


def test_the_password_of_a_url_is_used_and_not_told(tmp_path, address) -> None:
    copy_to(tmp_path / "copy", f"http://user:secret@{address}/locked", "weights")
    assert (tmp_path / "copy").read_text() == "content"
    said = str(UserError("https://user:secret@h/a?token=secret: gone; see 'http://h/b?k=secret'"))
    assert said == "https://…@h/a?… gone; see 'http://h/b?…'"
