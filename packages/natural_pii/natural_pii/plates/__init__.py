"""License plates with other characters.

Plates are read by `pii_measures.plates`. `write` chooses and draws new characters, `zone` and
`blend` put them into the image, `gate` compares with the original; `replace` does all of it.
"""
