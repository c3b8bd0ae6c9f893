"""Files of weights, and networks in ONNX files, run by onnxruntime on the CPU."""

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

from .errors import DetectorError

if TYPE_CHECKING:
    from onnxruntime import InferenceSession


def content_of(path: Path, sha256: str | None = None) -> bytes:
    """The bytes of a file of weights.

    Raises:
        DetectorError: it is missing, not readable, or has another SHA-256 than given.
    """
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        raise DetectorError(f"{path}: no such file") from None
    except OSError as error:
        raise DetectorError(f"{path}: cannot be read ({error.strerror})") from None
    if sha256 is not None and (found := hashlib.sha256(content).hexdigest()) != sha256:
        raise DetectorError(
            f"{path}: its sha256 is {found}, expected {sha256}; it is damaged or another file"
        )
    return content


def network_of(content: bytes, where: Path, threads: int) -> "InferenceSession":
    """A network, ready to run.

    Args:
        content: content of an ONNX file.
        where: the file, for the error.
        threads: CPU threads that it may use.

    Raises:
        DetectorError: the content is not ONNX, or not a network that can be run.
    """
    import onnxruntime  # noqa: PLC0415 - slow to import, and not every search needs it

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.log_severity_level = 4
    try:
        return onnxruntime.InferenceSession(content, options, ["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime has a class for each way to fail, and no common one
        reason = str(error).splitlines()[0]
        raise DetectorError(f"{where}: not an ONNX file that can be run ({reason})") from None
