"""Snakemake without the seconds that each start spends on imports.

A server process imports Snakemake and the project once, and forks for each call: every call has a
process, arguments, a working folder and an environment of its own, as from a shell.
"""

import functools
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

PROJECT = Path(__file__).resolve().parent.parent
MODULES = (
    *("snakemake.cli", "snakemake.profiles", "snakemake.report", "snakemake.storage"),
    *("docutils.core", "pygments", "requests", "yte"),
    *("workflow_scripts.config.experiment", "workflow_scripts.config.fingerprints"),
    *("workflow_scripts.config.jobs", "workflow_scripts.operations.snakemake_call"),
)


def snakemake(
    arguments: list[str], folder: Path, environment: dict[str, str]
) -> subprocess.CompletedProcess[str]:
    """Run Snakemake on this project's rules; it may fail.

    Args:
        arguments: what would follow `snakemake` in a shell.
        folder: working folder.
        environment: the whole environment.

    Returns:
        The exit code, and standard output and error in one text.
    """
    server = _server()
    with tempfile.NamedTemporaryFile("r") as output:
        call = {
            "arguments": arguments,
            "folder": str(folder),
            "environment": environment,
            "output": output.name,
        }
        server.stdin.write(json.dumps(call) + "\n")
        server.stdin.flush()
        code = int(server.stdout.readline())
        return subprocess.CompletedProcess(arguments, code, Path(output.name).read_text())


@functools.cache
def _server() -> "subprocess.Popen[str]":
    """The server of this process; it ends when its standard input does."""
    return subprocess.Popen(
        [sys.executable, "-m", "tests.preloaded"],
        cwd=PROJECT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def _serve() -> None:
    for name in MODULES:
        __import__(name)
    for line in sys.stdin:
        call = json.loads(line)
        child = os.fork()
        if child == 0:
            _call(**call)
        _, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)


def _call(arguments: list[str], folder: str, environment: dict[str, str], output: str) -> Any:
    from snakemake import cli  # noqa: PLC0415, only the server needs it

    code = 1
    try:
        target = os.open(output, os.O_WRONLY)
        empty = os.open(os.devnull, os.O_RDONLY)
        for source, stream in ((empty, 0), (target, 1), (target, 2)):
            os.dup2(source, stream)
        os.chdir(folder)
        os.environ.clear()
        os.environ.update(environment)
        sys.argv = ["snakemake", *arguments]
        cli.main(arguments)
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else int(end.code is not None)
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


if __name__ == "__main__":
    _serve()
