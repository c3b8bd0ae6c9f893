"""Formats of registration numbers: positions of letters and digits, and their groups."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from pii_measures.plates.glyphs import LETTERS

_SLACK = 0.15
"""Mean evidence per character by which a format may contradict the reading."""
_OTHER_GROUPS = 0.15
"""Penalty if the groups differ from those that were read."""
_OTHER_SHAPE = 0.1
"""Penalty if only the plate or only the format has a country band, on plates that are wide."""


_CLASSES = {
    "L": LETTERS,
    "C": "BCDFGHJKLMNPRSTVWXZ",
    "A": "ABCDEFGHJKLMNP",  # first letters that have been issued everywhere
    "E": "ABCDEF",
    "R": "ABCEHJKLMPSTUZ",  # regions of Czechia
    "D": "023456789",
    "N": "23456789",
    "Y": "02567",  # tens of British years
}
"""Characters that each letter of a format stands for. A 1 is never written: some countries draw it
as a bar, others with a flag, others with a base."""


_MARGIN = 0.08
"""Score by which a format has to be better than those before it, which are more common."""


class PlateShape(Enum):
    """Shape and colours of a plate of one line, besides its characters."""

    BAND = "wide, with a blue band at the left"
    PLAIN = "wide, without a band"
    SHORT = "three times as wide as high, without a band"
    STRIPE = "wide, with a blue stripe at the top"
    AMERICAN = "about twice as wide as high"


@dataclass(frozen=True)
class Family:
    """Interchangeable formats of one or more countries."""

    formats: tuple[str, ...]
    """Letters of `_CLASSES`, with a space between groups."""
    shapes: tuple[PlateShape, ...] = (PlateShape.BAND,)
    """Shapes of the plates, the usual one first."""
    only: bool = False
    """Whether plates with another shape have other formats."""
    starts: str = ""
    """First groups that exist, separated by spaces; empty for all."""

    def penalty(self, shape: PlateShape) -> float | None:
        """Penalty for the shape of a plate; None if these formats do not have it."""
        if shape in self.shapes:
            return 0.0
        short = shape in (PlateShape.AMERICAN, PlateShape.SHORT)
        return None if self.only or short else _OTHER_SHAPE


_GERMAN = Family(
    tuple(
        f"{'L' * district} {'L' * letters} N{'D' * digits}"
        for district in (1, 2, 3)
        for letters in (1, 2)
        for digits in (1, 2, 3)
        if district + letters + digits <= 7
    ),
    only=True,
    starts="B F H K L M N S W HH HB HL DA KA MA BO DO FR HD OF WI MZ RO UL AIC BAD DEG ERB FDS GAP "
    "HAM KUS LUP MTK OHV PAF SHA TBB VIE WUN",
)
_SLOVAK = Family(
    ("LL DDDEL",),
    starts="BA BB BJ BL BN BR BS BT BY CA DK DS DT GA GL HC HE KA KE KK KM KN KS LC LE LM LV MA MI "
    "ML MT MY NM NR NZ PB PD PE PK PN PP PT PU PV RA RK RS RV SA SB SC SE SK SL SN SP SV TN TR TS "
    "TT TV VK VT ZA ZC ZH ZM ZV",
)
_BAND, _PLAIN = PlateShape.BAND, PlateShape.PLAIN
_SHORT, _AMERICAN = PlateShape.SHORT, PlateShape.AMERICAN
FAMILIES = (
    _GERMAN,
    _SLOVAK,
    Family(("LL DDD LL",)),  # France, Italy
    Family(("LLYN LLL",), (_PLAIN, _BAND)),  # Great Britain
    Family(("CC CC DD", "DD CC CC", "CC DD CC")),  # Netherlands, Portugal
    Family(("DD CCC D", "C DDD CC", "D CCC DD", "CC DDD C", "CCC DD C")),  # Netherlands
    Family(("N LLL DDD",)),  # Belgium
    Family(("ALL DDDD",), (_SHORT, _PLAIN, _AMERICAN)),  # Brazil until 2018, Poland, Texas, others
    Family(("NRD DDDD",)),  # Czechia
    Family(("LL DDDDD", "LL DDDDL")),  # Poland, Norway
    Family(("ALLDLDD",), (PlateShape.STRIPE,), only=True),  # Mercosur
    Family(("DDDD CCC",)),  # Spain
    Family(("LLL DDD",), (_PLAIN, _SHORT, _AMERICAN)),  # Hungary, Sweden, USA
    Family(("DDD LLL",), (_AMERICAN, _SHORT), only=True),  # USA
    Family(("NLLLDDD",), (_AMERICAN, _SHORT), only=True),  # California
    Family(("LDD DDDD", "NDD DDDD"), (_AMERICAN, _SHORT), only=True),  # Illinois
    Family(("LLD LDL", "NLL DDD"), (_AMERICAN, _SHORT), only=True),  # Missouri
)
"""The most common formats of Europe, Brazil and the USA; of alike ones, the most common first."""


@dataclass(frozen=True)
class Fit:
    """Format of a line, and how well it explains the reading."""

    family: Family
    pattern: str
    """One of the family's formats."""
    score: float
    """Mean evidence per character for the format, minus penalties."""


def fitting(leans: Sequence[float], groups: tuple[int, ...], shape: PlateShape) -> Fit | None:
    """Format that fits the reading of a line, unless a less common one fits clearly better.

    Args:
        leans: for each character, how much more it resembles a digit than a letter.
        groups: number of characters in each group.
        shape: of the plate.

    Returns:
        None if the reading contradicts every format.
    """
    least = sum(map(abs, leans)) / max(len(leans), 1) - _SLACK
    best: Fit | None = None
    for family in FAMILIES:
        penalty = family.penalty(shape)
        if penalty is None:
            continue
        for pattern in family.formats:
            kinds = pattern.replace(" ", "")
            if len(kinds) != len(leans):
                continue
            evidence = sum(
                lean if is_digit(kind) else -lean for kind, lean in zip(kinds, leans, strict=True)
            ) / len(leans)
            score = evidence - penalty
            score -= _OTHER_GROUPS * (tuple(map(len, pattern.split())) != groups)
            if evidence > least and (best is None or score > best.score + _MARGIN):
                best = Fit(family, pattern, score)
    return best


def nearest(groups: tuple[int, ...], shape: PlateShape, which: float) -> Fit:
    """Format of about the same length and number of groups, for a line that cannot be read.

    Args:
        groups: number of characters in each group that was found.
        shape: of the plate.
        which: random number, 0 <= which < 1, that chooses among these formats.
    """
    formats = [
        Fit(family, pattern, 0.0)
        for family in FAMILIES
        if shape in family.shapes
        for pattern in family.formats
    ]
    distances = [
        abs(len(fit.pattern.replace(" ", "")) - sum(groups))
        + 2 * abs(len(fit.pattern.split()) - len(groups))
        for fit in formats
    ]
    limit = max(min(distances), 1)
    near = [one for one, far in zip(formats, distances, strict=True) if far <= limit]
    return near[int(which * len(near))]


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
    """Characters that a letter of a format stands for."""
    return _CLASSES[kind]


def is_digit(kind: str) -> bool:
    """Whether a letter of a format stands for digits."""
    return alphabet(kind).isdigit()
