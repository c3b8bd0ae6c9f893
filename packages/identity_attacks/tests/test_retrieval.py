"""People looked up by similarity, against counting by hand and chance."""

from dataclasses import dataclass

import numpy as np
import pytest
from identity_attacks.rates import Conclusion
from identity_attacks.retrieval import retrieve
from identity_attacks.verdicts import judge
from scipy.stats import hypergeom


@dataclass(frozen=True)
class Shown:
    region: str
    person: str
    image: str = "frame.png"


def shown(people, pictures=1):
    return [Shown(f"{who}/{i}", str(who)) for who in range(people) for i in range(pictures)]


def by_hand(scores, probes, gallery):
    """AUC, rank 1 and true accept rates of distinct scores, pair by pair."""
    same = np.array([[probe.person == other.person for other in gallery] for probe in probes])
    others = sorted(scores[~same], reverse=True)
    rank_1 = np.mean([mask[int(np.argmax(row))] for row, mask in zip(scores, same, strict=True)])
    auc = np.mean([[g > s for s in others] for g in scores[same]])
    threshold = others[len(others) // 100]  # exceeded by 1 % of them
    return rank_1, auc, np.mean(scores[same] > threshold)


@pytest.mark.parametrize("pictures", [1, 2])
def test_as_counted_pair_by_pair(pictures):
    rng = np.random.default_rng(pictures)
    probes, gallery = shown(50, pictures), shown(50)
    scores = rng.normal(size=(len(probes), len(gallery))).astype(np.float32)
    for row, probe in enumerate(probes):
        scores[row, int(probe.person)] += 2
    rates = retrieve(scores, probes, gallery).rates
    rank_1, auc, tar = by_hand(scores, probes, gallery)
    assert rates["rank_1"].value == pytest.approx(rank_1)
    assert rates["auc"].value == pytest.approx(auc)
    assert rates["tar_at_far_0.01"].value == pytest.approx(tar, abs=1.01 / len(probes))
    assert rates["rank_1"].n == len(probes)
    assert rates["rank_1"].independent == pytest.approx(50)


@pytest.mark.parametrize("pictures", [1, 3])
def test_equal_scores_are_exactly_chance(pictures):
    gallery = shown(120, pictures)
    success = retrieve(np.zeros((120, len(gallery)), np.float32), shown(120), gallery)
    for k in (1, 5):
        rate = success.rates[f"rank_{k}"]
        chance = 1 - hypergeom.pmf(0, len(gallery), pictures, k)
        assert (rate.value, rate.chance) == pytest.approx((chance, chance))
    for measure, chance in (("tar_at_far_0.01", 0.01), ("tar_at_far_0.001", 0.001), ("auc", 0.5)):
        assert success.rates[measure].value == pytest.approx(chance, rel=1e-9)
    assert not any(region.found for region in success.most_exposed)


@pytest.mark.parametrize("pictures", [1, 3])
@pytest.mark.parametrize("share", [0.0, 0.2])
def test_a_known_share_lies_in_its_interval(share, pictures):
    """A person keeps identity on all pictures or on none; who lost it is found by chance."""
    n, repetitions = 60, 60
    who = np.repeat(np.arange(n), pictures)
    covered = dict.fromkeys(("rank_1", "rank_5", "tar_at_far_0.01", "auc"), 0)
    for seed in range(repetitions):
        rng = np.random.default_rng(seed)
        gallery, probes = (rng.normal(size=(count, 64)) for count in (n, who.size))
        kept = (rng.random(n) < share)[who]
        probes[kept] = gallery[who[kept]] + 0.1 * probes[kept]
        rates = retrieve(probes @ gallery.T, shown(n, pictures), shown(n)).rates
        for measure in covered:
            truth = share + (1 - share) * rates[measure].chance
            covered[measure] += rates[measure].low <= truth <= rates[measure].high
    assert min(covered.values()) >= 0.9 * repetitions


def test_ties_with_the_best_count_in_part():
    scores = np.full((8, 8), 0.5)
    scores[0, 0] = 0.9  # found alone
    scores[1, 1] = scores[1, 2] = 0.9  # one of two
    scores[2:, 7] = 0.9  # all others see the last one
    rank_1 = retrieve(scores, shown(8), shown(8)).rates["rank_1"]
    assert rank_1.value == pytest.approx((1 + 1 / 2 + 0 * 5 + 1) / 8)


def test_the_clearest_finds_are_named_first():
    scores = np.zeros((30, 30))
    for row, margin in ((7, 0.5), (3, 0.8), (9, -0.2)):
        scores[row, row] = margin
    scores[9, 0] = 0.0
    first, second, *others = retrieve(scores, shown(30), shown(30)).most_exposed
    assert [(one.region, one.score, one.found) for one in (first, second)] == [
        ("3/0", 0.8, True),
        ("7/0", 0.5, True),
    ]
    assert len(others) == 3
    assert not any(one.found for one in others)


def test_what_cannot_be_looked_up_is_counted():
    scores = np.eye(40)
    scores[3] = np.nan  # a probe without a vector
    scores[:, 5] = np.nan  # a picture without one
    success = retrieve(scores, shown(40), shown(40))
    assert success.left_out == {"no vector": 1, "not in the gallery": 1}
    assert success.rates["rank_1"].n == 38
    assert success.rates["rank_1"].value == 1
    assert success.rates["rank_1"].chance == pytest.approx(1 / 39)


def test_one_person_only_is_no_success():
    success = retrieve(np.ones((3, 3)), shown(1, 3), shown(1, 3))
    assert success.rates == {}
    assert set(success.not_measured.values()) == {"nobody else to be mistaken for"}
    assert judge(success, success).conclusion == "undecided"


@pytest.mark.parametrize(("probes", "gallery"), [(0, 3), (3, 0), (0, 0)])
def test_nobody_to_look_up(probes, gallery):
    success = retrieve(np.zeros((probes, gallery)), shown(probes), shown(gallery))
    assert success.rates == {}
    assert set(success.not_measured.values()) == {"nobody to look up"}
    assert success.left_out == ({"not in the gallery": probes} if probes else {})


def test_too_few_pairs_for_a_false_accept_rate():
    success = retrieve(np.eye(40, dtype=int), shown(40), shown(40))
    assert success.not_measured == {
        "tar_at_far_0.001": "1560 pairs of two people, fewer than 10000"
    }


def test_the_blocks_do_not_matter(monkeypatch):
    rng = np.random.default_rng(0)
    scores = rng.integers(0, 9, (60, 50)).astype(np.float32)
    scores[rng.random(scores.shape) < 0.1] = np.nan
    whole = retrieve(scores, shown(30, 2), shown(50))
    monkeypatch.setattr("identity_attacks.retrieval._BLOCK", 120)
    assert retrieve(scores, shown(30, 2), shown(50)) == whole


def test_scores_of_another_shape():
    with pytest.raises(ValueError, match="3 probes, 2 pictures"):
        retrieve(np.zeros((2, 3)), shown(3), shown(2))


@pytest.mark.parametrize("people", [2, 3, 4])
def test_chance_among_few_people_is_no_leak(people):
    """With two people, an AUC of 1 is nothing but luck in one of six cases."""
    rng = np.random.default_rng(people)
    own = shown(people)
    originals = retrieve(np.eye(people) + rng.normal(0, 0.01, (people, people)), own, own)
    tried = [retrieve(rng.normal(size=(people, people)), own, own) for _ in range(300)]
    leaks = [judge(one, originals).conclusion is Conclusion.LEAKS for one in tried]
    assert np.mean(leaks) <= 0.05
    assert ("auc" in tried[0].rates) is (people > 2)
