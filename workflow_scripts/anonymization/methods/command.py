"""Method `command`: an external program that reads a folder of images and fills another."""

import contextlib
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import ClassVar, Literal

from plain_commands.console import duration, log
from plain_commands.counts import counted
from plain_commands.errors import UserError
from plain_commands.files import write_json
from program_runner import (
    ProgramError,
    ProgramTimeoutError,
    check_paths,
    check_program,
    check_template,
    filled_in,
    run_program,
    secrets_in,
)
from pydantic import Field, field_validator

from workflow_scripts.anonymization.method import Method
from workflow_scripts.anonymization.twins import CommandResults
from workflow_scripts.common.environment import environment_of_others
from workflow_scripts.contracts.coco import CocoSplit
from workflow_scripts.imaging.pictures import Picture

PLACEHOLDERS = ("input", "output", "regions", "threads")
NEEDED = ("input", "output")


class CommandMethod(Method):
    """Run a program once per shard, and use its images unchanged."""

    makes_images: ClassVar = False

    method: Literal["command"] = "command"
    """Let another program make the images (docs/own-anonymizer.md)."""
    command: str
    """The program and its arguments, without a shell. `{input}` is a folder with copies of the
    originals at their relative paths, `{output}` an empty one to fill in the same way, `{regions}`
    a JSON file with the faces and license plates, `{threads}` the number of threads that it may
    use."""
    directory: Path | None = None
    """Working directory of the program; null: that of the workflow."""
    version: str = ""
    """Any text. Change it when the program has changed, so that the images are made again."""
    all_images: bool = False
    """Whether the program also gets images without faces and license plates."""
    timeout_minutes: float | None = Field(None, gt=0)
    """Time limit per shard, after which the program is stopped and the job fails; null: no
    limit."""
    lossy: bool | None = None
    """Whether its images went through a lossy codec; null: true for JPEG and WebP files."""
    whole_image: bool = False
    """Whether its images may differ from their originals everywhere (see method precomputed)."""

    @field_validator("command")
    @classmethod
    def _can_be_filled_in(cls, command: str) -> str:
        check_template(command, PLACEHOLDERS, NEEDED)
        return command

    def words(self, **values: object) -> list[str]:
        """The program and its arguments, with these values of the placeholders."""
        return filled_in(self.command, values)

    def check_early(self) -> None:
        """Check that the folder, the program and its script exist, as far as they are paths.

        Raises:
            UserError: one of them is missing.
        """
        if self.directory is not None and not self.directory.is_dir():
            raise UserError(f"directory: there is no folder {self.directory}")
        try:
            check_paths(self.words(), self.directory)
        except ProgramError as error:
            raise UserError(f"command: {error}") from None

    def check(self, split: CocoSplit) -> None:
        """Check that the program exists."""
        self.check_early()
        try:
            check_program(self.words()[0], self.directory)
        except ProgramError as error:
            raise UserError(f"command: {error}") from None
        if secrets_in(self.command):
            log.warning(
                "command: the key or password in it is masked in the report, in provenance.json "
                "and in the program's output, but not in the commands that Snakemake shows and "
                "logs; let the program read it from an environment variable"
            )

    @contextlib.contextmanager
    def prepared(self, pictures: Sequence[Picture], folder: Path, threads: int) -> Iterator[Method]:
        """Run the program; yields a reader of its images. See `Method.prepared`."""
        handed = [item for item in pictures if item.regions or self.all_images]
        work = folder.resolve() / ".command"
        output = work / "output"
        try:
            output.mkdir(parents=True)
            if handed:
                self._run(handed, work, output, threads)
                _check_links(work, output)
            results = CommandResults(
                method=self.method,
                folder=output,
                lossy=self.lossy,
                whole_image=self.whole_image,
                names=frozenset(item.record.file_name for item in handed),
            )
            findings = results.findings([item.record for item in handed])
            if findings:
                raise UserError.of(findings)
            yield results
        except UserError as error:  # the folder will be gone when the message is read
            raise UserError(str(error).replace(str(output), "{output}")) from None
        finally:
            shutil.rmtree(work, ignore_errors=True)

    def _run(self, handed: Sequence[Picture], work: Path, output: Path, threads: int) -> None:
        for item in handed:
            # Copied, since with a link, a program that modifies its input would modify the data
            # set.
            copy = work / "input" / item.record.file_name
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(item.path, copy)
        regions = work / "regions.json"
        write_json(regions, {"schema": 1, "regions": _regions_of(handed)})
        words = self.words(input=work / "input", output=output, regions=regions, threads=threads)
        name, timeout = Path(words[0]).name, self.timeout_minutes and 60 * self.timeout_minutes
        log.info("%s for %s", counted(len(handed), "image"), name)
        try:
            run_program(
                words,
                lambda line: log.info("%s: %s", name, line),
                directory=self.directory,
                timeout=timeout,
                environment=environment_of_others(),
                # Lets later jobs that find the folder stop processes that still work in it.
                mark=str(work.parent),
                secrets=secrets_in(self.command),
            )
        except ProgramTimeoutError:
            limit = duration(timeout or 0)
            raise UserError(
                f"command: {name} did not finish within {limit} and was stopped"
            ) from None
        except ProgramError as error:
            raise UserError(f"command: {error}") from None


def _check_links(work: Path, output: Path) -> None:
    """Check the links among a program's results, whose targets are copied.

    Raises:
        UserError: a link is broken, leads to a folder, or leads out of the program's folders.
    """
    written = [output] if output.is_symlink() else sorted(output.rglob("*"))
    links = [path for path in written if path.is_symlink()]
    findings = [
        f"{path} is a link to {path.readlink()}; the program has to write regular files"
        for path in links
        if not path.is_file() or not path.resolve().is_relative_to(work)
    ]
    if findings:
        raise UserError.of(findings)
    links += [path for path in written if path.is_file() and path.stat().st_nlink > 1]
    if links:
        log.warning(
            "%d results of the program are links, e.g. %s; their targets are copied",
            *(len(links), links[0].relative_to(output)),
        )


def _regions_of(pictures: Sequence[Picture]) -> list[dict[str, object]]:
    return [
        {
            "image": region.image,
            "kind": region.kind,
            "score": region.score,
            "box": [region.x0, region.y0, region.x1, region.y1],
            "landmarks": region.landmarks,
            "quad": region.quad,
        }
        for item in pictures
        for region in item.regions
    ]
