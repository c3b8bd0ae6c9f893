"""Images only: anonymization of a folder by the workflow's rules, without a config file."""

import contextlib
import fcntl
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from image_files import listing
from plain_commands.console import log
from plain_commands.counts import counted
from plain_commands.errors import UserError
from plain_commands.files import check_writable, explained, sha256_of, write_json, write_text
from plain_commands.texts import parse_json
from program_runner.snakemake_bar import run_quietly

from workflow_scripts.anonymization.variants import IMAGES_ONLY
from workflow_scripts.common.environment import prepare_commands
from workflow_scripts.common.fingerprint import ROOT
from workflow_scripts.config.early import refuse_missing_files
from workflow_scripts.config.experiment import read_experiment
from workflow_scripts.contracts.layout import Layout

WORK = ".anonymization"
"""Folder inside the output with the state that an interrupted call resumes from."""
IMAGES_PER_SHARD = 25
PATHS = ("source", "model")
"""Keys of a method's sections that name a file or a folder, unless it is elsewhere."""
OWN_OPTIONS = ("--configfile", "--config", "--directory", "-d", "--snakefile", "-s", "--nolock")
"""Options of Snakemake set by this module."""


@dataclass(frozen=True)
class ImagesOnly:
    """A folder of images, and the output folder."""

    folder: Path
    output: Path
    method: dict[str, Any]
    """Section of the config: the method and its settings."""
    show_originals: bool = False

    @property
    def work(self) -> Path:
        """Working directory of Snakemake."""
        return self.output / WORK

    @property
    def _layout(self) -> Layout:
        return Layout(self.work / Layout.of("images").results)

    @property
    def sheet(self) -> Path:
        """Contact sheet, beside the output since it is not part of the data set."""
        return self.output.with_name(f"{self.output.name}-contact-sheet.png")

    @property
    def variant(self) -> str:
        """Name of the variant, which is the name of the method."""
        return str(self.method["method"])

    def config(self) -> dict[str, Any]:
        """The config: by default whole frames at every size, without training."""
        return {
            "experiment": "images",
            "dataset": {
                "kind": "images",
                "root": str(self.folder),
                "images_per_shard": IMAGES_PER_SHARD,
            },
            "variants": {self.variant: self.method},
            # Attacks take longer than the anonymization; a config file can request them.
            "privacy": {"attacks": []},
            "report": {"show_originals": self.show_originals},
        }

    def check(self) -> None:
        """Check folders and method before anything is written.

        Raises:
            UserError: a folder or the method cannot be used.
        """
        if not self.folder.is_dir():
            kind = "a file; name the folder that it lies in" if self.folder.exists() else "missing"
            raise UserError(f"{self.folder}: no folder of images ({kind})")
        if self.output == self.folder or self.folder in self.output.parents:
            raise UserError(
                f"--output: {self.output} is inside the folder of the originals, which is not "
                "changed; name another folder"
            )
        if self.output in self.folder.parents:
            raise UserError(
                f"--output: {self.output} contains the folder of the originals; name another folder"
            )
        if self.output.is_dir() and not self.work.is_dir() and any(self.output.iterdir()):
            raise UserError(f"--output: {self.output} is not empty; name a new folder")
        if self.sheet.exists() and not self.work.is_dir():
            raise UserError(
                f"{self.sheet}: exists, but is the path of the contact sheet; move it away"
            )
        check_writable(self.sheet)
        experiment = read_experiment(self.config(), "--method")
        refuse_missing_files(experiment, self._layout)
        try:
            found = listing(self.folder)
        except OSError as error:
            raise UserError(f"{error.filename}: cannot be read ({error.strerror})") from None
        if not found.images:
            count = sum(map(len, vars(found).values()))
            raise UserError(
                f"{self.folder}: no images among {counted(count, 'file')}; "
                "docs/images-only.md lists suffixes"
            )

    @contextlib.contextmanager
    def owned(self) -> Iterator[int]:
        """Context that creates the working folder if needed, and locks it.

        Yields:
            The lock's file descriptor.

        Raises:
            UserError: it cannot be created, or another process holds the lock.
        """
        try:
            self.work.mkdir(parents=True, exist_ok=True)
            lock = (self.work / "lock").open("w")
        except OSError as error:
            raise UserError(f"{error.filename}: cannot be written ({error.strerror})") from None
        with lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise UserError(f"{self.output}: another process is using it") from None
            except OSError:
                log.warning(
                    "%s: its file system has no locks; do not start another call there", self.work
                )
            yield lock.fileno()

    def run(self, arguments: Sequence[str], lock: int) -> None:
        """Let Snakemake detect, anonymize and audit; its output goes to a log.

        Args:
            arguments: arguments of Snakemake.
            lock: of `owned`. Snakemake holds it, too, in case this process is killed alone.

        Raises:
            UserError: it failed; the message has the errors of its jobs.
        """
        prepare_commands(ROOT)
        config, said = self.work / "config.json", self.work / "snakemake.log"
        write_json(config, self.config())
        # Only one process can work here, so an existing lock is a leftover of a killed one.
        command = ["anonymized", "--nolock", "--snakefile", str(ROOT / "Snakefile")]
        command += ["--configfile", str(config), "--directory", str(self.work), *arguments]
        if self._originals_changed():
            command += ["--forcerun", "index_dataset"]
        errors = run_quietly(command, said, "anonymizing", log.info, [lock])
        if errors:
            errors.append(f"not finished; see {said}; the same command resumes")
            raise UserError("\n".join(errors))

    def _originals_changed(self) -> bool:
        """Whether the files differ from those that an interrupted call has indexed.

        They are recorded when they have changed, so an older index is not one of them.
        """
        record, stats = self.work / "originals.sha256", []
        for name in listing(self.folder).images:
            with contextlib.suppress(OSError):  # a broken link
                found = (self.folder / name).stat()
                stats.append((name, found.st_size, found.st_mtime_ns))
        now = sha256_of(repr(stats))
        if not record.exists() or record.read_text(encoding="utf-8") != now:
            write_text(record, now)
        index = self._layout.annotations("train")
        return index.exists() and index.stat().st_mtime_ns <= record.stat().st_mtime_ns

    def publish(self) -> str:
        """Move the images to the output and the contact sheet beside it, and clean up.

        Returns:
            Summary of the images.
        """
        layout = self._layout
        text = layout.handover(self.variant).read_text(encoding="utf-8")
        sheet = layout.contact_sheet(self.variant)
        try:
            with explained(self.sheet):
                shutil.move(sheet, self.sheet)
        finally:
            # It may show originals, so it must not stay in the folder to be handed over.
            sheet.unlink(missing_ok=True)
        for entry in layout.handed_over(self.variant).iterdir():
            if entry.name != ".snakemake_timestamp":
                entry.replace(self.output / entry.name)
        shutil.rmtree(self.work)
        text += (
            "Attacks: not run; docs/images-only.md explains how to run them with a config file\n"
        )
        return f"{text}Contact sheet: {self.sheet}\nOutput: {self.output}\n"


def method_of(text: str) -> dict[str, Any]:
    """A method by name, or as JSON with settings: `{"method": "blur", "strength": 1}`.

    Raises:
        UserError: it is invalid, or a method that needs more than images.
    """
    content: Any = {"method": text}
    if text.lstrip().startswith("{"):
        content = parse_json(text, "--method")
    if "method" not in content:
        raise UserError(f'--method: the key "method" is missing; one of {", ".join(IMAGES_ONLY)}')
    if content["method"] not in IMAGES_ONLY:
        raise UserError(f"--method: {content['method']!r} is not one of {', '.join(IMAGES_ONLY)}")
    try:
        return _from_here(content)
    except RecursionError:
        raise UserError("--method: sections in sections in sections; a method has fewer") from None


def _from_here(section: dict[str, Any]) -> dict[str, Any]:
    """Settings whose relative paths are absolute: Snakemake works in another folder."""
    return {
        key: _from_here(value)
        if isinstance(value, dict)
        else str(Path(value).absolute())
        if key in PATHS and isinstance(value, str) and Path(value).exists()
        else value
        for key, value in section.items()
    }
