"""What accompanies images that are handed over."""

import pytest

from tests.privacy.privacy_case import audit, blacked_out, dropping, make_data, run
from workflow_scripts.contracts.audits import Audit, Findings, MetadataFindings
from workflow_scripts.contracts.regions import Kind
from workflow_scripts.privacy.handover import text_of


@pytest.fixture(scope="module")
def clean(tmp_path_factory: pytest.TempPathFactory) -> Audit:
    data = make_data(tmp_path_factory.mktemp("data"))
    code, report = audit(data, blacked_out(data))
    assert code == 0
    report["metadata"] = {"n": 0, "images": [], "of_them_originals": 0, "kinds": {}}
    return Audit.model_validate(report)


def lines_of(found: Audit, *notes: str) -> list[str]:
    return text_of(found, notes).splitlines()


def test_a_clean_variant(clean):
    lines = lines_of(clean)
    assert lines[:3] == [
        f"Images: {clean.images.n}, {clean.images.with_regions} with regions",
        "Faces: 3 found, 3 changed",
        "License plates: 1 found, 1 changed",
    ]
    assert lines[3].startswith("Audit: each detected region is changed, nothing outside")
    assert lines[4].startswith("Not looked for: faces below about 10 px; license plates below")
    assert len(lines) == 5


def test_what_the_audit_found_replaces_the_sentence(clean):
    faces = clean.of(Kind.FACE).model_copy(update={"unchanged": Findings(n=1, images=("b.png",))})
    kinds = {**clean.kinds, Kind.FACE: {**clean.kinds[Kind.FACE], "all": faces}}
    lines = lines_of(clean.model_copy(update={"kinds": kinds}))
    assert lines[1] == "Faces: 3 found, 2 changed"
    assert lines[3].endswith("1 of 3 faces unchanged, e.g. in b.png")


def test_regions_that_the_method_could_only_cover_are_counted(clean):
    routes = {"natural": 1, "fallback (no skin)": 1, "fallback": 1, "large_smear": 3}
    faces = clean.of(Kind.FACE).model_copy(update={"regions": 6, "routes": routes})
    kinds = {**clean.kinds, Kind.FACE: {**clean.kinds[Kind.FACE], "all": faces}}
    lines = lines_of(clean.model_copy(update={"kinds": kinds}))
    assert lines[1] == (
        "Faces: 6 found, 6 changed, 2 of them covered without detail, since no new face or "
        "characters could be drawn there, 3 of them covered without detail, since faces wider "
        "than large_above are not drawn (docs/natural.md)"
    )


@pytest.mark.parametrize(("kinds", "said"), [({"icc": 2}, False), ({"icc": 2, "exif": 1}, True)])
def test_colour_profiles_are_counted_and_no_fault(clean, kinds, said):
    metadata = MetadataFindings(n=2, images=("a.png",), of_them_originals=0, kinds=kinds)
    text = text_of(clean.model_copy(update={"metadata": metadata}), ())
    assert ("files with metadata" in text) == said
    assert ("colour profile, kept since it is not sRGB: 2" in text) != said


def test_a_kind_that_nobody_looked_for_is_said(clean):
    kinds = {Kind.FACE: clean.kinds[Kind.FACE]}
    lines = lines_of(clean.model_copy(update={"kinds": kinds}))
    assert lines[1].startswith("Faces: ")
    assert lines[3].startswith("Not looked for: license plates; faces below about 10 px; bodies")


def test_dropped_images_are_counted_and_not_handed_over(tmp_path):
    data = make_data(tmp_path)
    folder = dropping(data, "a.png", "b.png")
    _, report = audit(data, folder)
    given = {
        "settings": "{}",
        "annotations": data / "train.coco.json",
        "images": data / "in",
        "regions": [data / "0.parquet", data / "1.parquet"],
        "anonymized": folder,
        "audit": data / "privacy/drop.json",
        "output": data / "out",
        "sheet": data / "sheet.png",
        "text": data / "out.txt",
    }
    for settings, others_may_read in (('{"show_originals": true}', False), ("{}", True)):
        assert run("hand-over", given | {"settings": settings}) == 0
        assert bool((data / "sheet.png").stat().st_mode & 0o044) == others_may_read
    assert [path.name for path in (data / "out").iterdir()] == ["empty.jpg"]
    lines = (data / "out.txt").read_text().splitlines()
    assert lines[:3] == [
        "Images: 1, 0 with regions; 2 more are dropped",
        "Faces: 0 found, 0 changed, 3 more in dropped images",
        "License plates: 0 found, 0 changed, 1 more in dropped images",
    ]
    report["metadata"] = {"n": 0, "images": [], "of_them_originals": 0, "kinds": {}}
    said = lines_of(Audit.model_validate(report))[3]
    assert said.startswith("Audit: each detected region is changed or dropped, nothing")


def test_many_notes_are_shortened(clean):
    lines = lines_of(clean, *(f"left out: {number}.jpg: damaged" for number in range(50)))
    assert lines[-2:] == [
        "Note: left out: 19.jpg: damaged",
        "Note: … and 30 more, in data/train.coco.json",
    ]
