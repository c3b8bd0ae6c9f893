"""Weights that the config names: when they are fetched, and what depends on them."""

import json

from pii_detectors.plates import SHA256, WEIGHTS
from plain_commands.files import sha256_of_file

from tests.dag.conftest import ALL_ATTACKED, PAGE, SEEDS, jobs_of_runs, plates_with
from workflow_scripts.operations.snakemake_call import SnakemakeCall

OTHER = SHA256[::-1]
"""Of no file here."""
RUNS = {**jobs_of_runs(SEEDS), "evaluate": 2 * SEEDS}
DETECTION = {"check_pii": 2, "detect_pii": 2, "summarize_pii": 1}
AUDITS = {"audit": 2, "privacy_table": 1, "before_after": 1}
AFTER_DETECTION = {"anonymize": 1, "gather_images": 1, **AUDITS, **ALL_ATTACKED, **RUNS}


def test_without_weights_there_is_no_job_for_them(fresh):
    assert not {"fetch_weights", "record_weights"} & set(fresh.plan())


def test_weights_are_fetched_and_recorded(done):
    assert done.plan() == {}
    assert sha256_of_file(done.results / "weights" / SHA256) == SHA256
    manifest = json.loads((done.results / "weights/manifest.json").read_text())
    expected = {
        "key": "pii.license_plates.weights",
        "source": str(WEIGHTS),
        "sha256": SHA256,
        "bytes": WEIGHTS.stat().st_size,
        "licence": "MIT",
    }
    assert manifest == {"schema": 1, "weights": [expected]}


def test_another_source_of_the_same_content_is_recorded_and_no_more(done):
    done.config["pii"]["license_plates"] = plates_with("https://example.org/plates.onnx", SHA256)
    done.config["pii"]["license_plates"]["weights"]["licence"] = "MIT, see there"
    assert done.plan() == {"record_weights": 1, **PAGE}


def test_other_content_is_fetched_and_detected_with(done):
    done.config["pii"]["license_plates"] = plates_with("https://example.org/other.onnx", OTHER)
    fetched = {"fetch_weights": 1, "record_weights": 1}
    assert done.plan() == {**fetched, **DETECTION, **AFTER_DETECTION}


def test_wrong_content_stops_before_any_job(done):
    other = done.folder / "other.onnx"
    other.write_bytes(b"something else")
    done.config["pii"]["license_plates"] = plates_with(str(other), OTHER)
    failed = done.dry_run()
    assert failed.returncode != 0
    found = sha256_of_file(other)
    assert f"pii.license_plates.weights.sha256: the file {other} has {found};" in failed.stdout


def test_the_privacy_table_gets_the_record_of_donors(fresh):
    def asked() -> tuple[list[str], str]:
        (job,) = (
            job
            for job in SnakemakeCall([*fresh.command()[3:], "--forceall"]).jobs()
            if job.rule == "privacy_table"
        )
        return list(job.inputs), job.command or ""

    manifest = str(fresh.results.relative_to(fresh.folder) / "weights/manifest.json")
    inputs, command = asked()
    assert manifest not in inputs
    assert "--weights" not in command
    donors = fresh.folder / "donors.npz"
    donors.parent.mkdir(parents=True, exist_ok=True)
    donors.write_bytes(b"any")
    named = {"source": str(donors), "sha256": sha256_of_file(donors), "licence": "consent"}
    fresh.config["variants"]["anonymized"] = {"method": "natural", "donors": named}
    inputs, command = asked()
    assert manifest in inputs
    assert f"--weights {manifest}" in command
