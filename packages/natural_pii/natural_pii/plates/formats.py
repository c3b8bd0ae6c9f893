"""Formats of registration numbers: positions of letters and digits, and their groups."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from pii_measures.plates.glyphs import DIGITS, LETTERS

_SLACK = 0.2
"""Mean evidence per character by which a format may contradict the reading."""
_OTHER_GROUPS = 0.1
"""Penalty if the groups differ from those that were read."""
_OTHER_BAND = 0.05
"""Penalty if only the plate or only the format has a country band."""


@dataclass(frozen=True)
class Family:
    """Interchangeable formats of a country."""

    formats: tuple[str, ...]
    """`L` for a letter, `D` for a digit, a space between groups."""
    band: bool = True
    """Whether the plates have a blue band at the side."""
    starts: str = ""
    """Usual first groups, separated by spaces; empty if they are as random as the others."""


_GERMAN = Family(
    tuple(
        f"{'L' * district} {'L' * letters} {'D' * digits}"
        for district in (1, 2, 3)
        for letters in (1, 2)
        for digits in (2, 3, 4)
        if district + letters + digits <= 8
    ),
    starts="B F H K L M N S W HH HB HL DA KA MA BO DO FR HD OF WI MZ RO UL AIC BAD DEG ERB FDS GAP "
    "HAM KUS LUP MTK OHV PAF SHA TBB VIE WUN",
)
FAMILIES = (
    _GERMAN,
    Family(("LL DDDLL",), starts="BA BB BN DS KE LC LV MI NR NZ PD PO SN TN TT ZA ZV"),  # Slovakia
    Family(("LL DDD LL",)),  # France, Italy
    Family(("LLDD LLL",), band=False),  # Great Britain
    Family(("LL LL DD", "DD LL LL", "LL DD LL")),  # Netherlands, Portugal
    Family(("DD LLL D", "L DDD LL", "D LLL DD", "LL DDD L", "LLL DD L")),  # Netherlands
    Family(("D LLL DDD",)),  # Belgium
    Family(("DLD DDDD",)),  # Czechia
    Family(("LL DDDDD", "LL DDDDL")),  # Poland, Norway
    Family(("LLL DDDD",), band=False),  # Brazil until 2018, Poland, USA
    Family(("LLLDLDD",), band=False),  # Mercosur
    Family(("DDDD LLL",)),  # Spain
    Family(("LLL DDD",), band=False),  # Hungary, Sweden, USA
    Family(("DDD LLL",), band=False),  # USA
    Family(("DLLLDDD",), band=False),  # California
)
"""The most common formats of Europe, Brazil and the USA."""


def fitting(
    leans: Sequence[float], groups: tuple[int, ...], band: bool
) -> tuple[Family, str] | None:
    """Format that best fits the reading of a line.

    Args:
        leans: for each character, how much more it resembles a digit than a letter.
        groups: number of characters in each group.
        band: whether the plate has a country band.

    Returns:
        The format and its family; None if the reading contradicts every format.
    """
    best, found = -math.inf, None
    for family in FAMILIES:
        for pattern in family.formats:
            kinds = pattern.replace(" ", "")
            if len(kinds) != len(leans):
                continue
            score = sum(
                lean if kind == "D" else -lean for kind, lean in zip(kinds, leans, strict=True)
            ) / len(leans) - _OTHER_BAND * (family.band != band)
            if tuple(map(len, pattern.split())) != groups:
                score -= _OTHER_GROUPS
            if score > best:
                best, found = score, (family, pattern)
    return found if best > sum(map(abs, leans)) / len(leans) - _SLACK else None


def as_read(leans: Sequence[float], groups: tuple[int, ...]) -> str:
    """Format with the apparent kind of each character; a doubtful character gets the kind of its
    group.
    """
    words, start = [], 0
    for count in groups:
        found = leans[start : start + count]
        start += count
        whole = sum(found)
        words.append(
            "".join("D" if (one if abs(one) > 0.2 else whole) > 0 else "L" for one in found)
        )
    return " ".join(words)


def alphabet(kind: str) -> str:
    """Characters of a kind, `L` or `D`."""
    return DIGITS if kind == "D" else LETTERS
