"""Matching of names that may be written differently in the data set."""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

Written = tuple[str, str | None]
"""Name of an image in a list, with its split if the list contains one."""
Image = tuple[str, str]
"""Split and name of an image of the data set."""
Digests = Mapping[str, Mapping[str, str]]
"""Digest of the content of each image by split and name."""


@dataclass(frozen=True)
class Match:
    """Images to which a name refers: none, or one, which may be in several splits."""

    images: list[Image]
    sure: bool = True
    """Whether the name is the path of the image, in any notation."""


def match_names(
    written: Mapping[Written, str], digests: Digests, roots: Mapping[str, Path]
) -> tuple[dict[Written, Match], list[str]]:
    """Find the image of each name in a list.

    The rules, in order: the exact name; the same path with other separators, Unicode form or `./`;
    a longer or shorter path with the same end; any of these with a different case or image suffix;
    any of these without the parts that labelling tools add to names, in the list or in the data
    set. The first rule that fits any image is used.

    Args:
        written: position of each name in the list, such as "line 2".
        digests: the images of the data set.
        roots: folder of the images, for splits where it is known.

    Returns:
        The match of each name, and one line per ambiguity: a name that fits several images, or
        several names that fit one image although they are not the same path.
    """
    finder = _Finder(digests, roots)
    matches = {name: finder.find(*name) for name in written}
    return matches, list(_ambiguous(matches, written, digests))


def _ambiguous(
    matches: Mapping[Written, Match], written: Mapping[Written, str], digests: Digests
) -> Iterator[str]:
    by_image: dict[Image, list[Written]] = defaultdict(list)
    for name, match in matches.items():
        images = sorted({image for _, image in match.images})
        if len(images) > 1:
            yield (
                f"{written[name]}: {name[0]!r} fits {' and '.join(images[:3])}; write the path "
                "below the image folder"
            )
        elif len({digests[split][image] for split, image in match.images}) > 1:
            splits = [split for split, _ in match.images]
            yield (
                f"{written[name]}: {' and '.join(splits)} have different images {images[0]}; add "
                f"`split` ({' or '.join(splits)}) to each region"
            )
        elif images:
            by_image[match.images[0]].append(name)
    for (_, image), names in by_image.items():
        if len({name for name, _ in names}) > 1 and not all(matches[name].sure for name in names):
            first, second = (f"{name[0]!r} ({written[name]})" for name in names[:2])
            yield f"{first} and {second} both fit {image}; write the path below the image folder"


class _Finder:
    def __init__(self, digests: Digests, roots: Mapping[str, Path]) -> None:
        self._digests = digests
        self._near: dict[tuple[int, str], list[tuple[Image, str]]] = defaultdict(list)
        for split, names in digests.items():
            for name in names:
                path = str(roots[split].absolute() / name) if split in roots else name
                for form in (EXACT, LOOSE, BARE):
                    if parts := _parts(name, form):
                        self._near[form, parts[-1]].append(((split, name), path))

    def find(self, name: str, split: str | None) -> Match:
        exact = [
            (one, name)
            for one, names in self._digests.items()
            if name in names and split in (None, one)
        ]
        if exact:
            return Match(exact)
        # Two names that differ only in parts added by tools refer to different images.
        for form, other in ((EXACT, EXACT), (LOOSE, LOOSE), (BARE, LOOSE), (LOOSE, BARE)):
            key = _parts(name, form)
            near = [
                (image, _parts(image[1], other), _parts(path, other))
                for image, path in self._near.get((other, key[-1] if key else ""), ())
                if split in (None, image[0])
            ]
            for sure, images in (
                (form == EXACT, [image for image, below, whole in near if key in (below, whole)]),
                (False, [image for image, _, whole in near if whole[-len(key) :] == key]),
                (False, [image for image, below, _ in near if key[-len(below) :] == below]),
            ):
                if images:
                    return Match(images, sure)
        return Match([])


EXACT, LOOSE, BARE = range(3)
"""Parts of a name to compare: all; without case and suffix; also without additions by tools."""


def _parts(name: str, form: int) -> tuple[str, ...]:
    if form == BARE:
        # Label Studio's local files are `…?d=path`; URLs may have other queries, and quotes.
        before, _, path = name.partition("?d=")
        name = unquote(path or before.partition("?")[0])
    text = unicodedata.normalize("NFC", name).replace("\\", "/")
    if form != EXACT:
        text = re.sub(r"\.(png|jpe?g|webp|tiff?|bmp)$", "", text.casefold())
    if form == BARE:
        # 1a2b3c4d-name.jpg of Label Studio, name_jpg.rf.1a2b….jpg of Roboflow
        text = re.sub(r"(^|/)[0-9a-f]{8}-([^/]+)$", r"\1\2", text)
        text = re.sub(r"_(png|jpe?g|webp|tiff?|bmp)\.rf\.[0-9a-z]{20,}$", "", text)
    return tuple(part for part in text.split("/") if part not in ("", "."))
