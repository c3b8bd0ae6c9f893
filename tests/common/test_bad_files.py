"""Files of the workflow that are damaged or something else: one line, whatever is in them."""

import gzip
import re
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from folder_owner import OwnershipError, owner_of
from plain_commands.errors import UserError
from plain_commands.files import read_json

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
def test_what_is_broken_or_of_another_shape_is_told_by_its_name(
    tmp_path, name, monkeypatch
) -> None:
    # Who reads an owner's file waits a moment for a heartbeat that may be under way.
    monkeypatch.setattr("folder_owner.time.sleep", lambda _: None)
    path = tmp_path / name
    read = (JSON | OTHERS)[name]
    for content in BROKEN + SHAPES * (name != "predictions.json.gz"):
        path.write_bytes(content)
        said = refusal(read, path).splitlines()
        assert all(line.startswith(f"{path}: ") for line in said), (content, said)
        assert content in SHAPES or len(said) == 1


@pytest.mark.parametrize("name", JSON)
def test_what_is_missing_or_a_folder_is_told_so(tmp_path, name) -> None:
    assert refusal(JSON[name], tmp_path / name).startswith(f"{tmp_path / name}: no such file")
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
        ("shards.json", b"[]", "damaged (expected keys with values (found a list)); delete "),
        (
            "shards.json",
            b'{"digests": [], "images_per_shard": 1}',
            "damaged (digests: expected keys",
        ),
        (
            "shards.json",
            b'{"digests": {}, "images_per_shard": 1, "shards": {"a": "text"}}',
            "damaged (by_split.train.a: Input should be a valid list (found 'text')); delete",
        ),
        ("summary.json", b'{"by_kind": {}, "total": {"histogram": {"0": "x"}}}', "0: Input should"),
        (
            "summary.json",
            b'{"by_kind": {"hat": {}}}',
            "not a PII summary ('hat' is not a valid Kind);",
        ),
        (
            "expected.json",
            b'{"variants": ["a"], "seeds": [true], "classes": ["c"]}',
            "seeds.0: Inp",
        ),
        ("eval.json", b'{"schema": 2}', "schema: Input should be 1 (found 2)"),
        (
            "predictions.json.gz",
            gzip.compress(b"[", mtime=0)[:-4],
            "not valid JSON (Compressed file ended",
        ),
        (
            "predictions.json.gz",
            gzip.compress(b"[", mtime=0),
            "not valid JSON (Expecting value: line 1",
        ),
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
    assert said.startswith(f"{path}: made by another version, or not a ")
    assert "(its columns: image, x); " in said
    assert re.search(r"; delete \S+ and make it again with: snakemake \S+ …$", said)
