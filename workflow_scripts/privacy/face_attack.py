"""Base class of attacks by face recognition."""

from collections.abc import Callable
from functools import cache, partial
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from plain_commands.errors import UserError
from pydantic import model_validator

from workflow_scripts.contracts.regions import Kind
from workflow_scripts.contracts.weights import Weights, checked_bytes
from workflow_scripts.privacy.attack import RETRIEVAL, Attack

if TYPE_CHECKING:
    from identity_attacks.recognizers import Recognizer


class FaceAttack(Attack):
    """An attack by face recognition."""

    kind: ClassVar = Kind.FACE
    measures: ClassVar = RETRIEVAL

    recognizer: Literal["dlib", "sface", "arcface"] = "dlib"
    """Face recognition network: dlib's, installed with the optional group `attacks`; SFace, which
    is downloaded; or any ONNX file with ArcFace's interface, named in `weights`."""
    weights: Weights | None = None
    """The ONNX file of `sface` (default: OpenCV Zoo's) or `arcface`."""

    @model_validator(mode="before")
    @classmethod
    def _sface_is_known(cls, section: Any) -> Any:
        if isinstance(section, dict) and section.get("recognizer") == "sface":
            return {"weights": "sface"} | section
        return section

    @model_validator(mode="after")
    def _weights_fit(self) -> "FaceAttack":
        if (self.weights is None) != (self.recognizer == "dlib"):
            what = "missing; name the ONNX file" if self.weights is None else "dlib has its own"
            raise ValueError(f"weights: {what}")
        return self

    @property
    def title(self) -> str:
        """Name with that of the recogniser."""
        return f"{super().title} ({self.recognizer})"

    @property
    def modules(self) -> tuple[str, ...]:
        """Python modules that the recogniser needs."""
        return ("dlib", "face_recognition_models") if self.recognizer == "dlib" else ()

    def ready(self, threads: int) -> "Recognizer":
        """The recogniser, with its weights.

        Args:
            threads: CPU threads that it may use.

        Raises:
            NotPossibleError: its packages are not installed.
            UserError: the file of weights is missing, damaged, or not such a network.
        """
        return _network(self.recognizer, self.weights, threads)


@cache
def _network(name: str, weights: Weights | None, threads: int) -> "Recognizer":
    """A network, loaded once for all attacks that use it."""
    from identity_attacks import processes, recognizers  # noqa: PLC0415 - OpenCV

    def running(make: "Callable[[], Recognizer]") -> "Recognizer":
        return make() if threads == 1 else processes.InProcesses(make, threads)

    if weights is None:
        return running(recognizers.Dlib)
    file = weights.local()
    network = {"sface": recognizers.SFace, "arcface": recognizers.ArcFace}[name]
    try:
        return running(partial(network, checked_bytes(file, weights.sha256)))
    except ValueError as error:
        raise UserError(f"{file}: {error}") from None
