"""Numbers of things in messages."""


def counted(number: int, noun: str) -> str:
    """A number with its noun: `1 image`, `2 images`.

    Args:
        number: number of the things.
        noun: the singular, whose last word takes an -s, or -es after s and x.
    """
    if number == 1:
        return f"1 {noun}"
    return f"{number} {noun}{'es' if noun.endswith(('s', 'x')) else 's'}"
