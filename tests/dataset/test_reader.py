"""Reading in worker processes: in order, and not much ahead of where results are used."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from workflow_scripts.dataset.reader import CHUNKS_AHEAD, map_in_order

CHUNK = 4


@pytest.fixture
def pool():
    with ThreadPoolExecutor(2) as pool:
        yield pool


def test_results_are_in_order(pool):
    for count in (0, 1, CHUNK, CHUNK * CHUNKS_AHEAD - 1, CHUNK * CHUNKS_AHEAD * 3 + 1):
        found = list(map_in_order(pool, lambda number: -number, iter(range(count)), CHUNK))
        assert found == [-number for number in range(count)]


def test_few_sources_are_taken_before_results_are_used(pool):
    taken = 0

    def sources() -> Iterator[int]:
        nonlocal taken
        while True:
            taken += 1
            yield taken

    results = map_in_order(pool, abs, sources(), CHUNK)
    for used in range(1, 50 * CHUNK):
        assert next(results) == used
        assert taken <= used + CHUNK * CHUNKS_AHEAD
    results.close()


def test_an_error_of_a_source_is_raised_at_its_place(pool):
    results = map_in_order(pool, lambda number: 1 // (5 - number), range(9), 1)
    assert [next(results) for _ in range(5)] == [0, 0, 0, 0, 1]
    with pytest.raises(ZeroDivisionError):
        next(results)
