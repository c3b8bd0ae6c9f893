"""Natural license plates: the same plate with other characters.

`rectify` shows a plate straight on; `clean`, `components`, `layout`, `read` and `reading` find ink,
ground and characters; `write` and `glyphs` choose and draw new ones; `zone` and `blend` put them
into the picture; `gate` compares with the original; `replace` does all of it in turn.
"""
