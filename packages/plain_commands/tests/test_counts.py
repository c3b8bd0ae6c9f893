"""Singular and plural."""

import pytest
from plain_commands.counts import counted


@pytest.mark.parametrize(
    ("number", "noun", "said"),
    [
        (0, "image", "0 images"),
        (1, "training image", "1 training image"),
        (2, "training image", "2 training images"),
        (1, "class", "1 class"),
        (2, "class", "2 classes"),
        (2, "box", "2 boxes"),
    ],
)
def test_one_thing_is_singular(number, noun, said):
    assert counted(number, noun) == said
