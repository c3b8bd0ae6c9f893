"""Choice of the new characters."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from pii_measures.plates.layout import PlateLayout

from .formats import PlateShape, alphabet, as_read, fitting, nearest
from .recognise import Scores, lean_of, line_certainty

_ALIKE = (
    "0OQDCGU",
    "1IJLT7",
    "8B36S9",
    "5S",
    "2Z7",
    "6G8",
    "VYU",
    "MNWH",
    "PRFB",
    "KXR",
    "EFB",
    "A4",
)
"""Characters that are easily confused."""
_NEAR = 0.14
"""Distance from the best likeness within which a character may be the original."""
_FEWEST = 4
"""Characters to choose from, if there are as many."""
_SURE = 0.8
"""Certainty from which a reading is trusted although it contradicts every known format."""


@dataclass(frozen=True)
class Text:
    """New text of a line."""

    pattern: str
    """Format of the line; see `formats.Family`."""
    starts: tuple[str, ...]
    """First groups that exist; empty for all."""

    @property
    def groups(self) -> tuple[int, ...]:
        """Number of characters in each group."""
        return tuple(map(len, self.pattern.split()))


def formats_of(
    scores: list[list[Scores]],
    layout: PlateLayout,
    shape: PlateShape,
    readable: bool,
    rng: np.random.Generator,
) -> list[Text]:
    """Format of each new line.

    It is a format of the same country if the reading fits one, another of about the same length
    if the line cannot be read with certainty, and else as read; lines of two are always as read.

    Args:
        scores: likeness of the old characters; see `recognise.read`.
        layout: the old lines.
        shape: of the plate.
        readable: whether single characters can be compared.
        rng: random generator; two numbers per line.
    """
    found = []
    for number, (row, line) in enumerate(zip(scores, layout.lines, strict=True)):
        which, other = rng.random(2)
        leans = [lean_of(likely) for likely in row]
        fit = None
        if len(scores) == 1:  # formats are those of whole plates
            sure = readable and line_certainty(line, row) > _SURE
            fit = fitting(leans, line.groups, shape) if readable else None
            if fit is None and not sure:
                fit = nearest(line.groups, shape, other)
        if fit is None:
            pattern = as_read(leans, line.groups) if readable else len(row) * "LD"[number]
            found.append(Text(pattern, ()))
            continue
        others = [
            one
            for one in fit.family.formats
            if len(one.split()) == len(fit.pattern.split())
            and abs(len(one) - len(fit.pattern)) <= 1
        ]
        pattern = others[int(which * len(others))]
        first = len(pattern.split()[0])
        starts = tuple(one for one in fit.family.starts.split() if len(one) == first)
        found.append(Text(pattern, starts))
    return found


def choose(
    texts: list[Text],
    read: list[list[Scores]],
    old: PlateLayout,
    new: PlateLayout,
    rng: np.random.Generator,
) -> tuple[str, ...]:
    """New characters, each different from the old one closest to it and from that with its number.

    The original only excludes characters; the generator chooses among the rest.

    Args:
        texts: format of each line.
        read: likeness of the old characters; see `recognise.read`.
        old: layout of the old characters.
        new: layout of the new characters.
        rng: random generator; one number per character and line.

    Returns:
        Text of each line, without spaces.
    """
    result = []
    for text, row, before, after in zip(texts, read, old.lines, new.lines, strict=True):
        places = np.array([sum(box) / 2 for box in before.boxes])
        beside = [int(np.abs(places - sum(box) / 2).argmin()) for box in after.boxes]
        around = [[row[place]] for place in beside]
        if len(row) == len(around):  # the line may be shifted by a character that was not read
            around = [[*near, same] for near, same in zip(around, row, strict=True)]
        starts = [
            start
            for start in text.starts
            if all(_differs(olds, char) for olds, char in zip(around, start, strict=False))
        ]
        which = rng.random()
        chars = [*starts[int(which * len(starts))]] if starts else []
        kinds = text.pattern.replace(" ", "")
        for olds, kind in list(zip(around, kinds, strict=True))[len(chars) :]:
            allowed = [char for char in alphabet(kind) if char not in chars[-1:]]  # 444 stands out
            chars.append(_other(olds, allowed, old.legible, rng))
        result.append("".join(chars))
    return tuple(result)


def _excluded(olds: Sequence[Scores], legible: bool) -> set[str]:
    """Characters that the old ones may be, and that are therefore not chosen."""
    excluded: set[str] = set()
    for scores in olds:
        best = max(scores, key=scores.__getitem__)
        excluded.update(char for char, score in scores.items() if score > scores[best] - _NEAR)
        if legible:
            excluded.update(*(group for group in _ALIKE if best in group))
    return excluded


def _differs(olds: Sequence[Scores], char: str) -> bool:
    return char not in _excluded(olds, legible=True)


def _other(
    olds: Sequence[Scores], allowed: Sequence[str], legible: bool, rng: np.random.Generator
) -> str:
    excluded = _excluded(olds, legible)
    ranked = sorted(allowed, key=lambda char: max(scores[char] for scores in olds))
    # Likely characters may be the original, or resemble it from a distance.
    likely = 0.6 if legible else 0.5
    options = [char for char in ranked[: round(likely * len(ranked))] if char not in excluded]
    if len(options) < _FEWEST:
        options = [char for char in ranked if char not in excluded][:_FEWEST] or ranked[:1]
    return sorted(options)[int(rng.random() * len(options))]
