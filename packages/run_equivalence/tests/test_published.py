"""Numbers that others published, typed in.

The data are Student's of 1908, `sleep` of R: hours of extra sleep of ten patients with each of two
drugs. Sources: the vignette IntroTOSTt of TOSTER (Caldwell 2022; Lakens 2017) for independent
groups; R's documentation of `t.test` for pairs; the example of TOSTER's `TOSTtwo.raw` (Moery and
Calin-Jageman 2016) for a printed table; Gelman et al. 2013, Bayesian Data Analysis, section 5.5,
for partial pooling.
"""

import numpy as np
import pytest
from run_equivalence.effects import hedges_g
from run_equivalence.pairs import PairedRuns
from run_equivalence.pooling import Posterior
from run_equivalence.welch import Difference, SampleStatistics

FIRST = (0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0)
SECOND = (1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4)
MARGIN = 0.5


def test_toster_on_independent_groups():
    groups = SampleStatistics.of(FIRST), SampleStatistics.of(SECOND)
    welch = Difference.between(*groups)
    assert (welch.value, welch.error, welch.df) == pytest.approx((-1.58, 0.849091, 17.77647))
    assert welch.p_different() == pytest.approx(0.07939414)
    # "TOST Lower" is the test of non-inferiority; the larger p value of both is that of TOST.
    assert welch.p_not_worse(MARGIN) == pytest.approx(0.89010996)
    assert welch.p_equivalent(MARGIN) == pytest.approx(0.89010996)
    turned = Difference.between(*reversed(groups))
    assert turned.p_not_worse(MARGIN) == pytest.approx(0.01245133)
    assert welch.interval(0.05) == pytest.approx((-3.053381, -0.10661850))
    # TOSTER corrects by Welch's degrees of freedom, 17.8 instead of 18.
    assert hedges_g(*groups, level=0.05).value == pytest.approx(-0.7964846, rel=1e-3)


def test_student_s_pairs():
    pairs = PairedRuns(FIRST, SECOND)
    paired = Difference.of_pairs(pairs.statistics)
    assert paired.value / paired.error == pytest.approx(-4.062128, abs=1e-6)
    assert paired.df == 9
    assert paired.p_different() == pytest.approx(0.00283289)
    assert paired.interval(0.025) == pytest.approx((-2.4598858, -0.7001142))


def test_toster_on_a_printed_table():
    control, organic = SampleStatistics(5.25, 0.95, 95), SampleStatistics(5.22, 0.83, 89)
    welch = Difference.between(control, organic)
    # Published with equal variances, which changes the third digit.
    assert (welch.value - 0.384) / welch.error == pytest.approx(-2.69, abs=0.02)
    assert welch.p_equivalent(0.384) == pytest.approx(0.004, abs=5e-4)


def test_the_eight_schools():
    """Quantiles of Table 5.3, from 200 draws: schools A, B, E, F, G, H."""
    effects = np.array([28, 8, -3, 7, -1, 1, 18, 12.0])
    errors = np.array([15, 10, 16, 11, 9, 11, 10, 18.0])
    posterior = Posterior.of(effects, errors[None] ** 2, 0.0, np.linspace(0.02, 60, 3000))
    published = {
        0: (-2, 7, 10, 16, 31),
        1: (-5, 3, 8, 12, 23),
        4: (-9, 1, 5, 10, 18),
        5: (-7, 2, 6, 10, 28),
        6: (-1, 7, 10, 15, 26),
        7: (-6, 3, 8, 13, 33),
    }
    for place, probability in enumerate((0.025, 0.25, 0.5, 0.75, 0.975)):
        ours = posterior.quantile(probability)
        # 200 draws tell the median to about 0.7, and the tails to 3 (one of them is off by 9).
        slack = 1.5 if 0.1 < probability < 0.9 else 4
        for school in (0, 1, 4, 6):
            assert ours[school] == pytest.approx(published[school][place], abs=slack)
