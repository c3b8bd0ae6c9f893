"""Finding twins in a folder."""

import pytest
from twin_comparison.files import expected_path, files_for, rename_for


@pytest.mark.parametrize(
    ("there", "rename"),
    [
        ("town/a.jpg", {}),
        ("a.png", {"town/": "/"}),
        ("town/a_blurred.png", {".png": "_blurred.png"}),
        ("town/a.bmp", {}),
        ("town/a.TIFF", {}),
        ("other/a_x.webp", {"town/": "other/", ".png": "_x.webp"}),
    ],
)
def test_a_twin_is_found_by_the_rename_that_is_proposed(tmp_path, there, rename):
    path = tmp_path / there
    path.parent.mkdir(exist_ok=True)
    path.touch()
    found = rename_for(tmp_path, "town/a.png")
    assert found is not None
    assert files_for(tmp_path, "town/a.png", found) == [path]
    if there != "a.png":
        assert found == rename


def test_without_a_twin_there_is_nothing_to_rename(tmp_path):
    (tmp_path / "b.png").touch()
    assert rename_for(tmp_path, "a.png") is None
    assert files_for(tmp_path, "a.png", {}) == []
    assert expected_path(tmp_path, "x/a.png", {"x/": "y/"}) == tmp_path / "y/a.png"
