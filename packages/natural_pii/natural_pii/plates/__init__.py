"""Natural license plates: the same plate with other characters.

`write` chooses and draws new ones; `zone` and `blend` put them into the picture; `gate` compares
with the original; `replace` does all of it in turn. Plates are read by `plate_reading`.
"""
