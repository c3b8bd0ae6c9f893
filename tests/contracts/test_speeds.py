"""`speed.json`: what is said of a fast experiment, with and without a verification."""

import pytest
from run_equivalence.compare import compare
from run_equivalence.welch import SampleStatistics

from workflow_scripts.contracts.speeds import SpeedVerification, note_on


def verification(fast: list[float], exact: list[float]) -> SpeedVerification:
    """The result of runs with these mean APs, which a class has as well."""
    of_fast, of_exact = SampleStatistics.of(fast), SampleStatistics.of(exact)
    car, overall = compare(
        {"car": of_fast, "all": of_fast}, {"car": of_exact, "all": of_exact}, overall="all"
    )
    return SpeedVerification.model_validate(
        {
            "schema": 1,
            "fingerprint": "f",
            "seeds": (1, 2, 3),
            "iterations": 4800,
            "overall": overall,
            "classes": (car,),
            "seconds": {"exact": 200.0, "fast": 80.0},
            "devices": ("H100",),
        }
    )


ALIKE = [0.301, 0.303, 0.302], [0.302, 0.303, 0.301]
WORSE = [0.201, 0.203, 0.202], [0.302, 0.303, 0.301]


def test_equivalent_runs_are_verified_within_the_smallest_margin_that_holds():
    found = verification(*ALIKE)
    assert found.margin == 0.01
    assert found.sentence.startswith(
        "speed: fast is verified equivalent to exact within 0.01 of mean AP, and in 1 of 1 classes "
        "(mean AP differs by +0.0000, interval -0.00"
    )
    assert found.sentence.endswith(
        "; 3 seeds of 4800 iterations with each speed, 2.5 times as fast on H100)."
    )


@pytest.mark.parametrize(
    ("runs", "said"),
    [
        (WORSE, "mean AP differs by -0.1000"),
        (([0.3, 0.3], [0.3, 0.3]), "identical runs: variation cannot be estimated)."),
    ],
)
def test_other_runs_are_not_verified(runs, said):
    found = verification(*runs)
    assert found.margin is None
    assert "speed: fast is not shown to be equivalent within 0.01 or 0.02 (" in found.sentence
    assert said in found.sentence


def test_a_note_quotes_a_verification_of_the_same_recipe_data_and_code_only(tmp_path):
    file = tmp_path / "speed.json"
    assert "not verified to be equivalent to exact (python -m" in note_on(file, "f")
    found = verification(*ALIKE)
    found.write(file)
    assert SpeedVerification.read(file) == found
    assert note_on(file, "f") == f"Trained with speed: fast; {found.sentence}"
    assert "speed.json is for other settings, data or code" in note_on(file, "g")
    file.write_text("{}")
    assert note_on(file, "f").startswith("Not verified: speed.json cannot be read; ")
