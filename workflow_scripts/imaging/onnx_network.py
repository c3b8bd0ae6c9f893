"""Networks in ONNX files, run by onnxruntime on the CPU."""

from typing import TYPE_CHECKING

from workflow_scripts.common.errors import UserError

if TYPE_CHECKING:
    from onnxruntime import InferenceSession


def network_of(content: bytes, where: str, threads: int) -> "InferenceSession":
    """A network, ready to run.

    Args:
        content: of an ONNX file.
        where: the file, for the error.
        threads: it may compute with this many.

    Raises:
        UserError: it is no ONNX file, or not one that can be run.
    """
    import onnxruntime  # noqa: PLC0415 - slow to import, and the workflow imports the detectors

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.log_severity_level = 4
    try:
        return onnxruntime.InferenceSession(content, options, ["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime has a class for each way to fail, and no common one
        reason = str(error).splitlines()[0]
        raise UserError(f"{where}: not an ONNX file that can be run ({reason})") from None
