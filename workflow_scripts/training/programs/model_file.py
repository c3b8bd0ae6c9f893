"""`model_final.pth` of a program: an archive of its output files, and its origin."""

import shutil
import zipfile
from pathlib import Path
from typing import Literal, Self

from plain_commands.errors import UserError
from plain_commands.section import FilePart
from pydantic import Field, ValidationError

from workflow_scripts.contracts.advice import trained_again
from workflow_scripts.training.weights import DamagedError, check_archive

ORIGIN = "origin.json"
MODEL = "model/"
"""Folder of the program's files in the archive."""
LONG_AGO = (1980, 1, 1, 0, 0, 0)
"""Time of all files in an archive, so that equal models make equal archives."""


class ModelOrigin(FilePart):
    """The run that a model is from."""

    version: Literal[1] = Field(1, alias="schema")
    classes: tuple[str, ...]
    variant: str
    seed: int
    fingerprint: str

    def pack(self, folder: Path, archive: Path) -> None:
        """Write an archive of the files in a folder, uncompressed.

        Raises:
            UserError: the folder is empty, or has a broken link.
        """
        files = sorted(path for path in folder.rglob("*") if not path.is_dir())
        if not files:
            raise UserError(
                "training.train: the program exited with code 0, but left {output} empty; it has "
                "to write the model there"
            )
        if lost := [path for path in files if not path.is_file()]:
            raise UserError(
                f"training.train: {{output}}/{lost[0].relative_to(folder)} is a broken "
                "link; the program has to write the model itself"
            )
        with zipfile.ZipFile(archive, "w") as written:
            written.writestr(zipfile.ZipInfo(ORIGIN, LONG_AGO), self.model_dump_json(by_alias=True))
            for file in files:
                name = MODEL + file.relative_to(folder).as_posix()
                entry = zipfile.ZipInfo(name, LONG_AGO)
                with file.open("rb") as source, written.open(entry, "w", force_zip64=True) as to:
                    shutil.copyfileobj(source, to, 2**20)

    @classmethod
    def unpack(cls, archive: Path, folder: Path) -> Self:
        """Extract an archive into a folder.

        Returns:
            The model's origin.

        Raises:
            UserError: it is damaged or malformed.
        """
        try:
            check_archive(archive)
            with zipfile.ZipFile(archive) as packed:
                origin = cls.model_validate_json(packed.read(ORIGIN))
                names = [name for name in packed.namelist() if name.startswith(MODEL)]
                packed.extractall(folder, names)
        except (DamagedError, zipfile.BadZipFile, KeyError, ValidationError) as error:
            reason = str(error).split("\n")[0]
            raise UserError(
                f"{archive}: not a model of engine command ({reason}); "
                f"{trained_again(archive.parent)}"
            ) from None
        return origin
