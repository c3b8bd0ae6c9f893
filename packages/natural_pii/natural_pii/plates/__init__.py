"""License plates with other characters.

Plates are read by `pii_measures.plates`. `formats` and `write` choose and draw new characters,
`arrange` places them, and `marks` keeps the seals between them; `zone` and `blend` put them into
the image, `gate` looks for what can still be read, and `replace` does all of it.
"""
