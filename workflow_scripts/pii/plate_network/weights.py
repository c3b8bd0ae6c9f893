"""The weights that come with this project; `weights/plates.md` says where they are from."""

from pathlib import Path

WEIGHTS = Path(__file__).parent / "weights" / "plates.onnx"
SHA256 = "f5a194511a931dc439bb2b454ae50e8277c40be37a8b42eec022eb9dc24690ec"
