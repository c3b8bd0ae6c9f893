"""Last words of a call of Snakemake."""

import os

from tests.written_results import write_results
from workflow_scripts.contracts.layout import Layout
from workflow_scripts.operations.ending import after_failure, after_success

ERROR = "2026-01-02 03:04:05 error: the loss is nan; lower training.learning_rate"


def test_failed_jobs_are_named_with_error_log_and_command(tmp_path):
    layout = Layout(tmp_path / "results/mine")
    logs = {
        "train/anonymized/seed~2": f"2026-01-02 03:04:04 step 1\n{ERROR}\n",
        "train/unmodified/seed~1": "2026-01-02 03:04:05 trained\n",
        "check_variant/theirs/train": "Traceback (most recent call last):\nKeyError: 'x'\n",
        "train/anonymized/seed~1": f"{ERROR}\n",
    }
    for job, text in logs.items():
        layout.log(job).parent.mkdir(parents=True, exist_ok=True)
        layout.log(job).write_text(text)
        os.utime(layout.log(job), (200, 200))
    os.utime(layout.log("train/anonymized/seed~1"), (99, 99))  # of an earlier call
    said = after_failure(layout, 100, ["--profile", "profiles/cpu", "--config", "a={b: c}"])
    assert said.splitlines() == [
        "Failed: 2 jobs",
        "  check_variant/theirs/train: KeyError: 'x'",
        f"    log: {layout.log('check_variant/theirs/train')}",
        "  train/anonymized/seed~2: the loss is nan; lower training.learning_rate",
        f"    log: {layout.log('train/anonymized/seed~2')}",
        "Finished results are kept. After fixing the error, resume with: "
        "snakemake --profile profiles/cpu --config 'a={b: c}'",
    ]


def test_a_job_that_was_killed_is_not_counted_as_none(tmp_path):
    said = after_failure(Layout(tmp_path), 100, ["--profile", "profiles/cpu"])
    assert (
        said.splitlines()[0]
        == "Failed, but no job's log has an error; see Snakemake's messages above"
    )


def test_success_ends_with_the_answer_and_the_report(tmp_path):
    assert after_success(Layout(tmp_path)) == ""
    layout = Layout(write_results(tmp_path))
    layout.report.touch()
    answer, path = after_success(layout).splitlines()
    assert answer.endswith(".")
    assert path == f"The report: {layout.report}"
