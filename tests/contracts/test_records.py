"""Records become the same table as PyArrow makes of them itself."""

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from workflow_scripts.common.records import write_records
from workflow_scripts.contracts import manifest, regions

CHANGE = {"method": "natural", "x0": 1, "y0": 2, "x1": 30, "y1": 40, "kind": "face", "region": 0}
ENTRY = {"image": "a/ä b.png", "file": "s/a.png", "sha256": "0" * 64, "source_sha256": "1" * 64}
REGION = {"image": 'quote"d.png', "kind": "face", "score": 0.1, "x0": 1.1, "y0": 2.0, "x1": 1 / 3}


@pytest.mark.parametrize(
    ("rows", "schema"),
    [
        ([], regions.SCHEMA),
        ([REGION | {"y1": 9.0, "landmarks": [0.1] * 10, "quad": None}, REGION], regions.SCHEMA),
        ([ENTRY | {"linked": False, "changes": [CHANGE, CHANGE | {"kind": None}]},
          ENTRY | {"linked": True, "changes": []}], manifest.SCHEMA),
    ],
)  # fmt: skip
def test_the_table_is_the_same(tmp_path, rows, schema):
    path = tmp_path / "records.parquet"
    write_records(path, rows, schema)
    assert pq.ParquetFile(path).read().equals(pa.Table.from_pylist(rows, schema=schema))


def test_a_number_that_is_none_is_refused(tmp_path):
    with pytest.raises(ValueError, match="JSON"):
        write_records(tmp_path / "a.parquet", [REGION | {"x0": float("nan")}], regions.SCHEMA)
    assert not list(tmp_path.iterdir())
