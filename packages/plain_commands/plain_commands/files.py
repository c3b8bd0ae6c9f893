"""Atomic writing of files, and reading."""

import contextlib
import errno
import glob
import gzip
import hashlib
import json
import os
import shutil
import tempfile
import uuid
import zlib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, BinaryIO

from .errors import UserError

_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_BARRED = {errno.EACCES, errno.EPERM, errno.EROFS, errno.EEXIST, errno.EISDIR, errno.ENOTDIR}
_FAILING = {errno.EIO, errno.ESTALE}
_WOULD_BE_OVERWRITTEN = "is an input and would be overwritten; name another file"
_inputs: set[Path] = set()
"""Resolved paths of the inputs that `atomic` does not replace."""
_LONGEST_NAME = 255
"""Bytes of a file's name, on nearly all file systems."""


@contextlib.contextmanager
def explained(path: Path | None = None) -> Iterator[None]:
    """Context that turns errors of writing `path` (None for any file) into user errors.

    Without `path`, a missing file remains a FileNotFoundError, since it is likely a bug.

    Raises:
        UserError: the disk is full, the folder is read-only or cannot exist, a file is in the way,
            or a name to be written is not UTF-8. Without `path`, also any other error of a named
            file, such as a loop of links or a name that is too long.
    """
    try:
        yield
    except UnicodeEncodeError as error:
        name = error.object[max(error.start - 60, 0) : error.end + 20]
        raise UserError(f"{name!r}: this name is not UTF-8; rename the file") from None
    except (OSError, RuntimeError) as error:
        reason = _reason_of(error)
        if reason is None or not (
            reason.errno in _FULL | _BARRED | _FAILING or _prevents(reason, path)
        ):
            raise
        where = f"{path}: cannot be written"
        if path is None:
            where = f"{reason.filename or 'a file'}: cannot be read or written"
        raise _refusal(where, reason) from None


def _reason_of(error: OSError | RuntimeError) -> OSError | None:
    """The system's error; before Python 3.13, pathlib hides that of a loop of links."""
    found = error.__context__ if str(error).startswith("Symlink loop") else error
    return found if isinstance(found, OSError) else None


def _prevents(error: OSError, path: Path | None) -> bool:
    """Whether an error is about a path or a folder above it, which then cannot exist."""
    if not isinstance(error.filename, str | os.PathLike):
        return False
    if path is None:
        return error.errno != errno.ENOENT
    return path.absolute().is_relative_to(Path(error.filename).absolute())


def _refusal(where: str, error: OSError) -> UserError:
    advice = "correct its path or permissions"
    if error.errno in _FULL:
        advice = "free disk space"
    elif error.errno in _FAILING:
        advice = "check its disk"
    return UserError(f"{where} ({error.strerror}); {advice} and run again")


def check_writable(path: Path, *, folder: bool = False) -> None:
    """Check that a file or folder can be written, without leaving anything.

    Args:
        path: the file or folder, which may exist.
        folder: whether it is a folder.

    Raises:
        UserError: something else is in the way, or a folder above it is missing and cannot be
            made, is no folder, or cannot be written to.
    """
    try:
        is_folder = path.is_dir()
        if not folder and is_folder:
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        if not is_folder and path.exists() and (folder or not path.is_file()):
            what = errno.ENOTDIR if path.is_file() else errno.EINVAL  # a pipe or a device
            raise OSError(what, os.strerror(what))
        with tempfile.TemporaryFile(dir=_existing(path if is_folder else path.parent)):
            pass
    except OSError as error:
        raise _refusal(f"{path}: cannot be written", error) from None


def temporary_file(folder: Path) -> BinaryIO:
    """A file without a name, on the disk of a folder that may not exist yet.

    Raises:
        UserError: as in `explained`.
    """
    with explained(folder):
        place = _existing(folder)
        if not place.is_dir():  # a file, or a link that leads nowhere
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(place))
        return tempfile.TemporaryFile(dir=place)


def _existing(folder: Path) -> Path:
    """The folder, or the nearest one above it that exists."""
    place = folder.absolute()
    while not os.path.lexists(place):
        place = place.parent
    return place


@contextlib.contextmanager
def atomic(path: Path, *, private: bool = False) -> Iterator[Path]:
    """Yield a temporary path beside `path`, and rename it to `path` if the block succeeds.

    Works for files and for folders (which the block has to create). The temporary name keeps the
    suffix, since many writers choose their format by it. After an error, the temporary is removed
    and an existing `path` is unchanged.

    Args:
        path: the file or folder.
        private: whether it is a file that only its owner may read, such as one with originals.

    Raises:
        UserError: as in `explained`; or an input (`inputs_kept`) would be replaced.
    """
    path = Path(path)
    _refuse_replacing(path)
    temporary = path.with_name(f".{_hidden_stem(path)}.{uuid.uuid4().hex[:8]}{path.suffix}")
    with explained(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            if private:
                temporary.touch(0o600)
            yield temporary
            if temporary.is_dir() and path.is_dir():
                shutil.rmtree(path)
            temporary.replace(path)
        finally:
            if temporary.is_dir():
                shutil.rmtree(temporary)
            else:
                with contextlib.suppress(OSError):
                    temporary.unlink()


def unfinished(path: Path) -> list[Path]:
    """Temporary paths of `atomic` for `path`, in use or left by a killed process."""
    path = Path(path)
    stem = glob.escape(_hidden_stem(path))
    return sorted(path.parent.glob(f".{stem}.{'[0-9a-f]' * 8}{path.suffix}"))


def _hidden_stem(path: Path) -> str:
    """A path's stem; its SHA-256 if no further characters fit in the name."""
    stem = os.fsencode(path.stem)
    too_long = len(os.fsencode(path.name)) > _LONGEST_NAME - len("..12345678")
    return sha256_of(stem) if too_long else path.stem


def refuse_overwriting(
    read: Iterable[Path], written: Mapping[str, Path], folders: Iterable[Path] = ()
) -> None:
    """Check that a command overwrites none of its inputs, and that its outputs differ.

    Args:
        read: files that it reads.
        written: files that it writes, by option.
        folders: folders of which every file counts as read.

    Raises:
        UserError: an output is an input, or two outputs are the same file.
    """
    by_place = {path.resolve(): "" for path in read}
    by_folder = {folder.resolve(): folder for folder in folders}
    for option, path in written.items():
        place = path.resolve()
        other = by_place.setdefault(place, option)
        if not other:
            raise UserError(f"{option}: {path} {_WOULD_BE_OVERWRITTEN}")
        if other != option:
            raise UserError(f"{other}, {option}: both are {path}; name different files")
        above = next(filter(by_folder.get, place.parents), None)
        if above is not None and path.exists():
            raise UserError(
                f"{option}: {path} is an input and would be overwritten; name a file outside of "
                f"{by_folder[above]}, or delete it first"
            )


@contextlib.contextmanager
def inputs_kept(paths: Iterable[Path]) -> Iterator[None]:
    """Context in which `atomic` replaces none of these files, and no folder that holds one."""
    added = {path.resolve() for path in paths} - _inputs
    _inputs.update(added)
    try:
        yield
    finally:
        _inputs.difference_update(added)


def _refuse_replacing(path: Path) -> None:
    if not _inputs or not path.exists():
        return
    place = path.resolve()
    if place in _inputs:
        raise UserError(f"{path}: {_WOULD_BE_OVERWRITTEN}")
    if path.is_dir() and (inside := [one for one in _inputs if place in one.parents]):
        raise UserError(f"{path}: contains the input {min(inside)}; name another folder")


def write_text(path: Path, text: str, *, private: bool = False) -> None:
    """Write `text` as UTF-8, atomically; if private, only its owner may read it."""
    with atomic(path, private=private) as temporary:
        temporary.write_text(text, encoding="utf-8")


def write_json(path: Path, content: Any, *, indent: int | None = 1) -> None:
    """Write `content` as JSON, atomically; compressed if the name ends in .gz.

    NaN and infinity are not valid JSON and raise ValueError.
    """
    text = json.dumps(content, indent=indent, ensure_ascii=False, allow_nan=False) + "\n"
    with atomic(path) as temporary:
        if path.suffix == ".gz":
            # No time stamp and no name in the header: same content, same bytes.
            with (
                temporary.open("wb") as raw,
                gzip.GzipFile("", "wb", compresslevel=4, fileobj=raw, mtime=0) as stream,
            ):
                stream.write(text.encode())
        else:
            temporary.write_text(text, encoding="utf-8")


def read_json(path: Path, advice: str = "make it again") -> Any:
    """Read a JSON file, compressed if its name ends in .gz.

    Args:
        path: the file.
        advice: what to do if it is not JSON, for errors.

    Raises:
        UserError: it is missing, unreadable or not JSON, or has a duplicate key.
    """
    raw = read_bytes(Path(path))
    with valid_json(path, advice):
        raw = gzip.decompress(raw) if Path(path).suffix == ".gz" else raw
        text = raw.decode(json.detect_encoding(raw), "surrogatepass")  # like json.loads
        del raw  # as large as the text
        return json.loads(text, object_pairs_hook=without_doubles)


@contextlib.contextmanager
def valid_json(path: Path, advice: str = "make it again") -> Iterator[None]:
    """Context that turns errors in the content of a JSON file into user errors.

    Raises:
        UserError: it is not JSON, has a duplicate key, or is not compressed as its name says.
    """
    try:
        yield
    except (ValueError, EOFError, RecursionError, gzip.BadGzipFile, zlib.error) as error:
        raise UserError(f"{path}: not valid JSON ({error}); {advice}") from None


def without_doubles(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """The content of a JSON object.

    Raises:
        ValueError: a key is duplicated.
    """
    content = dict(pairs)
    if len(content) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"duplicate key {twice!r}; keep one")
    return content


def read_text(path: Path) -> str:
    """A text file in UTF-8, with or without a byte order mark.

    Raises:
        UserError: it is missing, unreadable or not UTF-8.
    """
    raw = read_bytes(path)
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise UserError(f"{path}: line {line}: not UTF-8; save it as UTF-8") from None


def read_bytes(path: Path) -> bytes:
    """A file's bytes; errors as in `readable`."""
    with readable(path):
        return path.read_bytes()


@contextlib.contextmanager
def readable(path: Path) -> Iterator[None]:
    """Context that turns errors of reading `path` into user errors.

    Raises:
        UserError: it is missing, no file, or unreadable.
    """
    try:
        refuse_pipe(path)
        yield
    except FileNotFoundError:
        raise UserError(f"{path}: no such file") from None
    except OSError as error:
        raise UserError(f"{path}: cannot be read ({error.strerror})") from None


def refuse_pipe(path: Path) -> None:
    """Check that an input is no pipe and no device, which could block or never end.

    Raises:
        UserError: it is one.
        OSError: it cannot exist, for example because its name is too long.
    """
    if not path.is_file() and not path.is_dir() and path.exists():
        raise UserError(f"{path}: a pipe or a device; expected a file")


def canonical_json(content: Any) -> str:
    """Canonical JSON text for fingerprints: sorted keys, no spaces."""
    return json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def sha256_of(content: bytes | memoryview | str) -> str:
    """Hexadecimal SHA-256 of bytes, or of a text's UTF-8."""
    return hashlib.sha256(content.encode() if isinstance(content, str) else content).hexdigest()


def sha256_of_file(path: Path) -> str:
    """Hexadecimal SHA-256 of a file's content."""
    with Path(path).open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def link_or_copy(source: Path, target: Path) -> None:
    """Make `target` a hard link to `source`, or a copy if the file system forbids links.

    A symbolic link is resolved, since a link to it could point elsewhere from another folder. A
    copy has the permissions of its source, like a link.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        os.link(os.path.realpath(source), target)
    except OSError:
        shutil.copy(source, target)
