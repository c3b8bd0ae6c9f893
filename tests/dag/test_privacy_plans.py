"""Which jobs a change of the attacks, the review or the shown originals schedules."""

from plain_commands.files import sha256_of

from tests.dag.conftest import ALL_ATTACKED, PAGE, SEEDS, SHOWN


def test_weights_of_an_attack_concern_nothing_else(done):
    source = done.folder / "faces.onnx"
    source.write_text("faces")
    weights = {"source": str(source), "sha256": sha256_of("faces"), "licence": "MIT"}
    attack = {"attack": "recognition", "recognizer": "arcface", "weights": weights}
    done.config["privacy"]["attacks"] = [attack]
    fetched = {"fetch_weights": 1, "record_weights": 1}
    assert done.plan() == {**fetched, "attack": 2, "privacy_table": 1, **SHOWN}


def test_a_margin_and_a_limit_are_for_the_table(done):
    done.config["privacy"]["margin"] = 0.02
    assert done.plan() == {"privacy_table": 1, **SHOWN}
    done.config["privacy"]["limits"] = {"rank_1": 0.1}
    assert done.plan() == {"privacy_table": 1, "limits": 1, **SHOWN}


def test_without_attacks_none_is_scheduled(indexed):
    indexed.config["privacy"]["attacks"] = []
    assert not ALL_ATTACKED.keys() & indexed.plan().keys()


def test_a_second_detector_estimates_what_was_missed_and_nothing_else(done):
    second = {"license_plates": {"detector": "plates", "tile": 512}}
    done.config["privacy"]["second_detection"] = second
    estimated = {"estimate_missed": 1, "privacy_table": 1, **SHOWN}
    assert done.plan() == estimated
    second["faces"] = {"detector": "yunet"}
    assert done.plan() == {"fetch_weights": 1, "record_weights": 1, **estimated}


def test_membership_is_attacked_once_for_each_run(done):
    done.config["privacy"]["membership"] = {"images": 100}
    assert done.plan() == {"membership": 2 * SEEDS, "privacy_table": 1, **SHOWN}


def test_a_review_is_shown_and_makes_nothing_else_anew(done):
    review = done.results / "privacy/review/numbers.json"
    review.parent.mkdir(parents=True)
    review.write_text("{}")
    try:
        assert done.plan() == {"privacy_table": 1, **SHOWN}
    finally:
        review.unlink()


def test_whether_originals_are_shown_concerns_what_shows_them_only(done):
    done.config["report"] = {"show_originals": True}
    assert done.plan() == {"before_after": 1, **PAGE}
