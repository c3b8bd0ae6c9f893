"""`privacy:` what the audit of the variants may use beside what is installed."""

from pathlib import Path

from pydantic import model_validator

from workflow_scripts.config.section import Section


class Privacy(Section):
    """The privacy audit of each variant."""

    embedding: Path | None = None
    """Weights of a face recognition network for `cv2.FaceRecognizerSF`, such as SFace (ONNX): then
    the audit says how similar old and new faces are to it. null: it says so by pixels only."""
    embedding_sha256: str | None = None
    """Of that file; it has to be given with it."""

    @model_validator(mode="after")
    def _embedding_is_known(self) -> "Privacy":
        if (self.embedding is None) != (self.embedding_sha256 is None):
            raise ValueError("embedding and embedding_sha256 have to be given together")
        return self
