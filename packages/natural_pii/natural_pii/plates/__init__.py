"""Replacement of the characters of license plates.

`pii_measures.plates` reads the plates. `formats` and `write` choose and draw new characters,
`arrange` places them, and `marks` keeps the seals between them. `zone` and `blend` put them into
the image, `gate` checks what is still legible, and `replace` combines these steps.
"""
