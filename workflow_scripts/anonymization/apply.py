"""Anonymization of the images of a shard."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath

import cv2
import numpy as np
from image_files import (
    JPEG,
    PNG,
    ImageFileError,
    colour_profile,
    encoded_like,
    has_16_bits,
    has_hidden_channel,
    has_position,
    is_lossy,
    kinds_in,
    orientation_of,
    png_of,
    saved_again,
    tiff_of,
    turned,
    without_metadata,
)
from PIL import ExifTags, Image
from plain_commands.errors import UserError
from plain_commands.files import atomic, explained, link_or_copy, read_bytes, sha256_of

from workflow_scripts.anonymization.method import Finished, Method
from workflow_scripts.anonymization.twins import Glimpses, compare
from workflow_scripts.contracts.coco import CocoImage
from workflow_scripts.contracts.manifest import Change, Entry
from workflow_scripts.contracts.regions import order_of
from workflow_scripts.imaging.images import (
    UNREADABLE,
    checked_size,
    decode,
    read_recorded,
    write_png,
)
from workflow_scripts.imaging.pictures import Picture

JPEG_BLOCK = 16
"""Side of JPEG's colour blocks, in pixels."""


@dataclass(frozen=True)
class ShardFolder:
    """The folder of a shard's images during writing."""

    path: Path
    name: str
    """Final path of the folder."""
    as_originals: bool = False
    """Whether each file has the name and format of its original, without metadata."""
    looks: dict[str, Glimpses] = field(default_factory=dict)
    """Records of images from elsewhere, by `file_name` of the original."""
    assumed: list[str] = field(default_factory=list)
    """Images from elsewhere for which `Glimpses.assumed` holds."""
    removed: list[tuple[str, ...]] = field(default_factory=list)
    """Kinds of metadata removed from each image taken over."""
    kept: list[tuple[str, ...]] = field(default_factory=list)
    """Kinds of metadata kept in each image taken over."""

    def target(self, image: CocoImage, suffix: str) -> Path:
        """The file that is written for an image."""
        return self.path / PurePosixPath(image.file_name).with_suffix(suffix)

    def write_as_original(
        self,
        image: CocoImage,
        original: bytes,
        root: Path,
        pixels: np.ndarray | None = None,
        changes: Sequence[Change] = (),
    ) -> tuple[Path, str, bool]:
        """Write a file in its original's format, without metadata.

        Args:
            image: record of the original.
            original: content of the original file.
            root: the folder that the file name is relative to.
            pixels: the changed pixels; None if nothing changed: then the encoded pixels are kept,
                unless the EXIF orientation has to be applied to them, or what no decoder shows has
                to be left out.
            changes: the changes, in which the image becomes opaque.

        Returns:
            The file, its SHA-256, and whether a lossy codec was used.
        """
        is_kept = pixels is None and orientation_of(original) == 1 and not _hides_data(original)
        if is_kept:
            content = without_metadata(original) or _saved_again(original)
        elif pixels is None and original.startswith(PNG) and has_16_bits(original):
            content = _deep_png(original)
        else:
            new = decode(original, image, root) if pixels is None else pixels
            content = encoded_like(original, new, [change.box for change in changes])
        target = self.path / image.file_name
        with atomic(target) as temporary:
            temporary.write_bytes(content)
        return target, sha256_of(content), not is_kept and is_lossy(content)

    def entry(
        self,
        picture: Picture,
        file: Path,
        sha256: str,
        changes: Iterable[Change] = (),
        *,
        linked: bool = False,
        lossy: bool = False,
        whole_image: bool = False,
    ) -> Entry:
        """The manifest entry of a written file."""
        image = picture.record
        return Entry(
            image=image.file_name,
            file=f"{self.name}/{file.relative_to(self.path).as_posix()}",
            sha256=sha256,
            source_sha256=image.sha256,
            linked=linked,
            changes=tuple(changes),
            asked=len(picture.regions),
            lossy=lossy,
            whole_image=whole_image,
        )


def dropped_entry(picture: Picture) -> Entry:
    """The manifest entry of a dropped image."""
    image, regions = picture.record, len(picture.regions)
    return Entry(image.file_name, "", "", image.sha256, linked=False, asked=regions, dropped=True)


def check_names(pictures: Sequence[Picture], *, as_originals: bool = False) -> None:
    """Check that each image gets a distinct file in the shard's folder.

    Args:
        pictures: images of the shard.
        as_originals: whether files keep their suffixes.

    Raises:
        UserError: two images would become the same file, or one would be outside the folder.
    """
    names = [PurePosixPath(picture.record.file_name) for picture in pictures]
    targets = Counter(name.with_suffix(".png") for name in names)
    for name, picture in zip(names, pictures, strict=True):
        if name.is_absolute() or ".." in name.parts:
            raise UserError(
                f"{name}: an image's `file_name` has to lie below the image folder; choose a "
                "higher folder for the data set's images"
            )
        if targets[name.with_suffix(".png")] > 1 and not as_originals:
            raise UserError(
                f"{picture.path}: another image differs only in the suffix; both would "
                "become the same PNG; rename one"
            )


def anonymize_images(
    method: Method, pictures: Sequence[Picture], folder: ShardFolder, threads: int
) -> Iterator[Entry]:
    """Anonymize images in parallel; yields their manifest entries in the order of the pictures.

    At most `threads` images are in memory. Each uses one thread, since OpenCV's own threads speed
    up a single image little and compete with the others.
    """
    cv2.setNumThreads(1)
    with ThreadPoolExecutor(max_workers=threads) as pool:
        yield from pool.map(lambda picture: anonymize_image(method, picture, folder), pictures)


def anonymize_image(method: Method, picture: Picture, folder: ShardFolder) -> Entry:
    """Write the anonymized version of one image.

    An unchanged image is linked, or copied without its metadata. Any other becomes a new PNG:
    lossless outside the changes, and without the original's metadata. With `as_originals`, each
    image is written in its own format.

    Raises:
        UserError: the original is damaged, or differs from the indexed one.
    """
    image = picture.record
    content = read_recorded(image, picture.root)
    finished = method.replacement(image.file_name)
    if finished is not None:
        return _taken_over(method, picture, content, finished, folder)
    if picture.regions or method.treats_objects:
        # The order matters where regions overlap, so it must not depend on the order in a file.
        opened = replace(picture, regions=tuple(sorted(picture.regions, key=order_of)))
        opened = opened.with_pixels(decode(content, image, picture.root))
        rng = np.random.default_rng(int(sha256_of(image.file_name)[:16], 16))
        pixels, reported = method.anonymize(opened, rng)
        # Compared by pixels, since a blur of a flat area changes nothing.
        boxes = [np.s_[change.y0 : change.y1, change.x0 : change.x1] for change in reported]
        differs = [(pixels[box] != opened.pixels[box]).any() for box in boxes]
        changes = [change for change, changed in zip(reported, differs, strict=True) if changed]
        if changes and folder.as_originals:
            file, sha256, lossy = folder.write_as_original(
                image, content, picture.root, pixels, changes
            )
            if content.startswith(JPEG):
                size = image.width, image.height
                changes = [change.on_grid(JPEG_BLOCK, *size) for change in changes]
            return folder.entry(picture, file, sha256, changes, lossy=lossy)
        if changes:
            target = folder.target(image, ".png")
            return folder.entry(picture, target, sha256_of(write_png(target, pixels)), changes)
    if folder.as_originals:
        file, sha256, lossy = folder.write_as_original(image, content, picture.root)
        return folder.entry(picture, file, sha256, lossy=lossy)
    target, clean = folder.target(image, picture.path.suffix), _cleaned(method, content, folder)
    if clean is not content:
        write_bytes(target, clean)
        return folder.entry(picture, target, sha256_of(clean))
    link_or_copy(picture.path, target)
    return folder.entry(picture, target, image.sha256, linked=True)


def _hides_data(original: bytes) -> bool:
    """Whether an image file may have data, besides metadata, that were not searched."""
    if original.startswith(JPEG):  # damaged data can be those of another image
        return checked_size(original, Path("original"), upright=True)[1]
    return has_hidden_channel(original)


def _saved_again(original: bytes) -> bytes:
    """The pixels of a BMP or TIFF file in the same format; colours of 16 bits keep them."""
    if has_16_bits(original):
        colours = _colours_in(original)
        if colours.ndim == 3:
            return tiff_of(colours, colour_profile(original))
    return saved_again(original)


def _deep_png(original: bytes) -> bytes:
    """A PNG file of 16 bits per channel, upright, and without its alpha channel."""
    upright = turned(_colours_in(original), orientation_of(original))
    return png_of(upright, colour_profile(original))


def _colours_in(original: bytes) -> np.ndarray:
    """Pixels (h, w) grey or (h, w, 3) RGB as stored, of 8 or 16 bits, without an alpha channel."""
    pixels = cv2.imdecode(np.frombuffer(original, np.uint8), cv2.IMREAD_UNCHANGED)
    assert pixels is not None  # the index has decoded it
    return pixels if pixels.ndim == 2 else np.ascontiguousarray(pixels[..., 2::-1])


def _taken_over(
    method: Method, picture: Picture, original: bytes, finished: Finished, folder: ShardFolder
) -> Entry:
    image, content = picture.record, read_bytes(finished.path)
    opened = picture.with_pixels(decode(original, image, picture.root))
    changes, look = compare(opened, finished, content, method.method)
    if finished.same:
        folder.looks[image.file_name] = look
    if look.assumed:
        folder.assumed.append(image.file_name)
    target, clean = folder.target(image, finished.path.suffix), _cleaned(method, content, folder)
    # Copied, since with a link, an edit in the other folder would change training images.
    write_bytes(target, clean)
    return folder.entry(
        picture,
        target,
        sha256_of(clean),
        changes,
        lossy=finished.is_lossy(content),
        whole_image=not finished.same,
    )


def write_bytes(path: Path, content: bytes) -> None:
    """Write a new file of a shard's folder."""
    with explained(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def _cleaned(method: Method, content: bytes, folder: ShardFolder) -> bytes:
    """An image file's content, without metadata if the method removes it.

    An orientation is kept, since otherwise viewers would show the image turned. Content without
    metadata, or in a format that it cannot be removed from, is returned unchanged.
    """
    kinds = metadata_in(content)
    clean = without_metadata(content) if kinds and method.strip_metadata else None
    orientation = orientation_of(content) if clean else 1
    if clean and orientation != 1:
        exif = Image.Exif()
        exif[ExifTags.Base.Orientation] = orientation
        tag = exif.tobytes()
        part = b"\xff\xe1" + (len(tag) + 2).to_bytes(2) + tag
        clean = clean[:2] + part + clean[2:] if clean.startswith(JPEG) else None
    if kinds:
        (folder.kept if clean is None else folder.removed).append(kinds)
    return clean or content


def metadata_in(content: bytes) -> tuple[str, ...]:
    """Kinds of metadata in an image file, with "gps" for a position; empty if unreadable.

    A colour profile does not count, since it is part of the picture; it is removed only along with
    other metadata.
    """
    try:
        kinds = [kind for kind in kinds_in(content) if kind != "icc"]
        return (*kinds, "gps") if "exif" in kinds and has_position(content) else tuple(kinds)
    except (ImageFileError, *UNREADABLE):
        return ()
