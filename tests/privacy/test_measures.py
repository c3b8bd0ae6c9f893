"""What the privacy audit measures, on images of which the answer is known."""

import io
from dataclasses import replace

import cv2
import numpy as np
import pytest
from PIL import Image, PngImagePlugin
from plate_pictures import photograph
from skimage.metrics import peak_signal_noise_ratio, structural_similarity

from workflow_scripts.common.errors import UserError
from workflow_scripts.imaging.comparison import changed_pixels
from workflow_scripts.privacy import plates, quality
from workflow_scripts.privacy.metadata import kinds_in


def noise(seed: int, height: int = 60, width: int = 80) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8)


def test_ssim_is_that_of_scikit_image():
    first = cv2.GaussianBlur(noise(1), (0, 0), 2)
    second = cv2.GaussianBlur(noise(2), (0, 0), 2)
    second[:30] = first[:30] // 2
    grey = [cv2.cvtColor(image, cv2.COLOR_RGB2GRAY) for image in (first, second)]
    _, expected = structural_similarity(
        *grey, full=True, gaussian_weights=True, sigma=1.5, use_sample_covariance=False
    )
    found = quality.ssim_map(*grey)
    inner = (slice(5, -5),) * 2  # scikit-image mirrors at the border in another way
    assert found[inner] == pytest.approx(expected[inner], abs=1e-9)


def test_psnr_is_that_of_scikit_image():
    first, second = noise(1), noise(2)
    expected = peak_signal_noise_ratio(first, second)
    assert quality.psnr_of(quality.squared_error(first, second)) == pytest.approx(expected)
    assert quality.psnr_of(0.0) is None


def test_ssim_is_computed_where_something_changed_and_the_same_as_everywhere():
    first = noise(1)
    second = first.copy()
    second[20:25, 30:38] = 0
    changed = changed_pixels(first, second)
    grey = [cv2.cvtColor(image, cv2.COLOR_RGB2GRAY) for image in (first, second)]
    found = quality.ssim_where_changed(first, second, changed)
    assert found == pytest.approx(quality.ssim_map(*grey), abs=1e-5)
    assert (quality.ssim_where_changed(first, first, np.zeros_like(changed)) == 1).all()


def test_pixels_outside_of_boxes_are_counted():
    first = np.zeros((20, 30, 3), np.uint8)
    second = first.copy()
    second[5:10, 5:10] = 1
    second[12, 20, 2] = 1
    changed = changed_pixels(first, second)
    assert quality.outside_of(changed, [(5, 5, 10, 10)]) == 1
    assert quality.outside_of(changed, [(6, 5, 11, 10), (20, 12, 21, 13)]) == 5
    assert quality.outside_of(changed, []) == 26


def test_unchanged_characters_are_counted_and_others_are_not():
    picture = photograph(("BK HE 728",), 150)
    region = picture.region()
    same = plates.compare_plate(picture.image, picture.image, region)
    assert same.characters == plates.Characters(7, 7)
    assert plates.residual(same.old, same.new) == pytest.approx(1)

    other = photograph(("MX FR 391",), 150)
    changed = plates.compare_plate(picture.image, other.image, region)
    assert changed.characters == plates.Characters(7, 0)
    assert plates.residual(changed.old, changed.new) < 0.5

    one = photograph(("BK HE 791",), 150)  # the second group and the 7 stay where they were
    assert plates.compare_plate(picture.image, one.image, region).characters.unchanged == 5


def test_a_black_plate_has_no_characters_left():
    picture = photograph(("BK HE 728",), 150)
    found = plates.compare_plate(picture.image, np.zeros_like(picture.image), picture.region())
    assert found.characters.unchanged == 0
    assert plates.residual(found.old, found.new) == 0


def test_small_plates_have_no_characters_to_count():
    picture = photograph(("BK HE 728",), 34)
    found = plates.compare_plate(picture.image, picture.image, picture.region())
    assert found.characters is None
    assert plates.residual(found.old, found.new) == pytest.approx(1)
    smudge = photograph(("BK HE 728",), 14)
    assert plates.compare_plate(smudge.image, smudge.image, smudge.region()) is None
    tiny = replace(picture.region(quad=False), x1=picture.region().x0 + 3)
    assert plates.compare_plate(picture.image, picture.image, tiny) is None


def jpeg(exif: bytes = b"", **options) -> bytes:
    raw = io.BytesIO()
    Image.fromarray(noise(1)).save(raw, "JPEG", exif=exif, **options)
    return raw.getvalue()


def exif_with_thumbnail() -> bytes:
    """Big-endian TIFF: IFD0 with an orientation, IFD1 with where the thumbnail lies."""

    def entry(tag: int, kind: int, value: bytes) -> bytes:
        return tag.to_bytes(2) + kind.to_bytes(2) + (1).to_bytes(4) + value.ljust(4, b"\0")

    first = (1).to_bytes(2) + entry(0x0112, 3, (6).to_bytes(2)) + (26).to_bytes(4)
    second = (2).to_bytes(2) + entry(0x0201, 4, (56).to_bytes(4))
    second += entry(0x0202, 4, (4).to_bytes(4)) + (0).to_bytes(4)
    return b"Exif\0\0MM\0*" + (8).to_bytes(4) + first + second + b"\xff\xd8\xff\xd9"


def png(**options) -> bytes:
    raw = io.BytesIO()
    Image.fromarray(noise(1)).save(raw, "PNG", **options)
    return raw.getvalue()


def text_chunk(add: str, *values: str) -> bytes:
    info = PngImagePlugin.PngInfo()
    getattr(info, add)(*values)
    return png(pnginfo=info)


def webp(**options) -> bytes:
    raw = io.BytesIO()
    Image.fromarray(noise(1)).save(raw, "WEBP", **options)
    return raw.getvalue()


def segment(marker: int, content: bytes) -> bytes:
    raw = jpeg()
    part = bytes((0xFF, marker)) + (len(content) + 2).to_bytes(2) + content
    return raw[:2] + part + raw[2:]


EXIF = Image.Exif()
EXIF[0x010F] = "a camera"


@pytest.mark.parametrize(
    ("raw", "kinds"),
    [
        (jpeg(), ()),
        (jpeg(progressive=True), ()),
        (jpeg(EXIF.tobytes()), ("exif",)),
        (jpeg(exif_with_thumbnail()), ("exif", "thumbnail")),
        (jpeg(icc_profile=b"x" * 200, comment=b"hello"), ("icc", "text")),
        (jpeg(xmp=b"<x:xmpmeta/>"), ("xmp",)),
        (segment(0xED, b"Photoshop 3.0\0"), ("iptc",)),
        (segment(0xE5, b"vendor"), ("other",)),
        (segment(0xE0, b"JFXX\0\x10"), ("thumbnail",)),
        (jpeg() + b"more", ("trailing",)),
        (png(), ()),
        (png(dpi=(72, 72)), ()),
        (png(exif=EXIF.tobytes()), ("exif",)),
        (png(icc_profile=b"x" * 200), ("icc",)),
        (text_chunk("add_text", "Author", "somebody"), ("text",)),
        (text_chunk("add_itxt", "XML:com.adobe.xmp", "<x:xmpmeta/>"), ("xmp",)),
        (png() + b"more", ("trailing",)),
        (webp(), ()),
        (webp(exif=EXIF.tobytes(), xmp=b"<x/>", icc_profile=b"x" * 200), ("exif", "icc", "xmp")),
    ],
)
def test_metadata_is_found(tmp_path, raw, kinds):
    path = tmp_path / "image"
    path.write_bytes(raw)
    assert kinds_in(path) == kinds


@pytest.mark.parametrize("raw", [b"", b"text", png()[:-20], jpeg()[:-20], jpeg()[:40]])
def test_a_file_that_is_cut_off_is_said_to_be(tmp_path, raw):
    path = tmp_path / "image.png"
    path.write_bytes(raw)
    with pytest.raises(UserError, match=r"image\.png: truncated, damaged, or no image"):
        kinds_in(path)
