"""Files of weights, and networks in ONNX files, run by onnxruntime on the CPU."""

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

from .errors import DetectorError

if TYPE_CHECKING:
    from onnxruntime import InferenceSession


def content_of(path: Path, sha256: str | None = None) -> bytes:
    """Content of a file of weights.

    Raises:
        DetectorError: it is missing, unreadable, or has a different SHA-256 than given.
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
    """Network, ready to run.

    Args:
        content: content of an ONNX file.
        where: the file, for error messages.
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
    except Exception as error:  # onnxruntime has no common base class of its errors
        reason = str(error).splitlines()[0]
        raise DetectorError(f"{where}: not an ONNX file that can be run ({reason})") from None
