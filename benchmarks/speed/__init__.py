"""Parts whose speed is measured; every module in this folder is found by its name.

Each has one function, `comparisons() -> Iterator[Comparison | LeftOut]`.
"""
