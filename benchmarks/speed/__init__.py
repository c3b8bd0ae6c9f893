"""The parts whose speed is measured; every module here is found by its name.

Each has one function, `comparisons() -> Iterator[Comparison | LeftOut]`.
"""
