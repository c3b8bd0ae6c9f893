"""Snakemake, and the commands of its jobs, without the seconds that each start spends on imports.

A server process imports a program once, and forks for each call: every call has a process,
arguments, a working folder, an environment, and standard streams of its own, as from a shell.
Signals do not reach it: who tests what these do to a process starts a Python of its own.
"""

import functools
import inspect
import json
import os
import runpy
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
SOCKET = "PRELOADED_COMMANDS"
"""Name of the environment variable with the path of the socket at which job commands are served."""
PYTHON = "PRELOADED_PYTHON"
"""Name of the environment variable with the path of what a call starts as its own Python."""
MODULES = (
    *("snakemake.cli", "snakemake.profiles", "snakemake.report", "snakemake.storage"),
    *("snakemake_executor_plugin_slurm", "snakemake_executor_plugin_slurm_jobstep"),
    *("docutils.core", "pygments", "requests", "yte"),
    *("workflow_scripts.config.experiment", "workflow_scripts.config.fingerprints"),
    *("workflow_scripts.config.jobs", "workflow_scripts.operations.snakemake_call"),
    *("cv2", "hotcoco", "jinja2", "matplotlib.figure", "matplotlib.backends.backend_svg"),
    *("onnxruntime", "pandas", "pyarrow.parquet", "scipy.stats", "tabulate"),
    *("submitit.core.submission", "torch.utils.tensorboard"),
    *("workflow_scripts.training.loop", "workflow_scripts.training.engines.torchvision.engine"),
)
"""Of Snakemake, of its jobs' commands, and of the workers of trainings."""


def run(
    words: Sequence[str],
    folder: Path,
    environment: Mapping[str, str] | None = None,
    together: bool = True,
) -> subprocess.CompletedProcess[str]:
    """Run a module; it may fail.

    Args:
        words: what would follow `python -m` in a shell.
        folder: working folder.
        environment: the whole environment; this process's, with forks of all Pythons below, if it
            is not given.
        together: whether the standard output has the errors in it.
    """
    if environment is None:
        environment = {**os.environ, **forked()}
    with (
        tempfile.TemporaryFile("w+") as output,
        tempfile.TemporaryFile("w+") as errors,
        Path(os.devnull).open() as empty,
    ):
        streams = [empty, output, output if together else errors]
        numbers = [stream.fileno() for stream in streams]
        code = ask(str(served()), list(words), str(folder), dict(environment), numbers)
        output.seek(0)
        errors.seek(0)
        return subprocess.CompletedProcess(words, code, output.read(), errors.read())


def ask(
    address: str, words: list[str], folder: str, environment: dict[str, str], streams: list[int]
) -> int:
    """Have a server run a program, and wait for its exit code."""
    with socket.socket(socket.AF_UNIX) as server:
        server.connect(address)
        call = {"words": words, "folder": folder, "environment": environment}
        content = json.dumps(call).encode()
        socket.send_fds(server, [len(content).to_bytes(8, "big")], streams)
        server.sendall(content)
        return int(server.recv(8) or b"1")


def stand_in(path: Path, before: str = "") -> None:
    """Write a stand-in of `python`, which starts as fast as it can.

    Args:
        path: of the program.
        before: Python code that may treat the `words` behind `python` in a way of its own.
    """
    start = f"#!{sys.executable} -IS\nimport json, os, socket, sys\n\n"
    path.write_text(start + inspect.getsource(ask) + "\nwords = sys.argv[1:]\n" + before + FORKED)
    path.chmod(0o755)


FORKED = f"""
if words[:1] == ["-u"]:
    words = words[1:]
# What starts submitit's controller takes the number of its process for the controller's own.
if words[:1] != ["-m"] or words[1] == "submitit.local._local":
    os.execv(sys.executable, [sys.executable, *words])
address, environment = os.environ[{SOCKET!r}], dict(os.environ)
sys.exit(ask(address, words[1:], os.getcwd(), environment, [0, 1, 2]))
"""


def forked(path: str = os.environ["PATH"], python: Path | None = None) -> dict[str, str]:
    """What makes forks of Snakemake, its jobs, their commands and their workers.

    Args:
        path: what `PATH` would be otherwise.
        python: a stand-in of `python` that does more than the usual one.

    Returns:
        Environment variables, among them `PATH`.
    """
    server = served()
    python = python or server.with_name("python")
    path = os.pathsep.join([str(python.parent), path])
    return {"PATH": path, SOCKET: str(server), PYTHON: str(python)}


@functools.cache
def served() -> Path:
    """The socket of a server of this process's; it ends when its standard input does.

    Beside it lies a stand-in of `python`.
    """
    folder = Path(tempfile.mkdtemp(prefix="preloaded-"))
    stand_in(folder / "python")
    server = subprocess.Popen(
        [sys.executable, "-m", "tests.preloaded", str(folder / "socket")],
        cwd=PROJECT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert server.stdout is not None
    server.stdout.readline()
    _SERVERS.append(server)
    return folder / "socket"


_SERVERS: list["subprocess.Popen[bytes]"] = []


def _serve(path: Path) -> None:
    sys.path.insert(0, str(PROJECT))
    for name in MODULES:
        __import__(name)
    from workflow_scripts.__main__ import COMMANDS  # noqa: PLC0415

    for command in COMMANDS.values():
        __import__(f"workflow_scripts.{command.partition(':')[0]}")
    from snakemake.cli import get_argument_parser  # noqa: PLC0415

    get_argument_parser()  # finds and imports the plug-ins
    # What each call runs is not imported yet.
    for name in [name for name in sys.modules if name.endswith("__main__") and "." in name]:
        del sys.modules[name]
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen(64)
        print(flush=True)
        owner = os.fork()
        if owner:
            # This process outlives the one that calls for as long as it takes to notice.
            sys.stdin.read()
            os.kill(owner, 9)
            os.waitpid(owner, 0)
            shutil.rmtree(path.parent)
            return
        while True:
            connection, _ = listener.accept()
            waiting = os.fork()
            if waiting:
                connection.close()
                _reap()
                continue
            listener.close()
            _answer(connection)


def _reap() -> None:
    """Let go of all children that have ended."""
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        pass


def _answer(connection: socket.socket) -> None:
    """Run a call in a process of its own, and send its exit code."""
    size, streams, _, _ = socket.recv_fds(connection, 8, 3)
    content = b""
    while len(content) < int.from_bytes(size, "big"):
        more = connection.recv(1 << 20)
        if not more:
            os._exit(1)  # who called is gone
        content += more
    child = os.fork()
    if child == 0:
        connection.close()
        _call(streams=streams, **json.loads(content))
    _, status = os.waitpid(child, 0)
    connection.sendall(str(os.waitstatus_to_exitcode(status)).encode())
    os._exit(0)


def _call(words: list[str], folder: str, environment: dict[str, str], streams: list[int]) -> None:
    code = 1
    try:
        for source, stream in zip(streams, (0, 1, 2), strict=True):
            os.dup2(source, stream)
        os.chdir(folder)
        os.environ.clear()
        os.environ.update(environment)
        sys.argv = words
        sys.executable = environment.get(PYTHON, sys.executable)
        runpy.run_module(words[0], run_name="__main__", alter_sys=True)
        code = 0
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else int(end.code is not None)
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


if __name__ == "__main__":
    _serve(Path(sys.argv[1]))
