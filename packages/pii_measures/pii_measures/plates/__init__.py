"""Reading license plates: which part is ink, where the characters are, which ones they may be.

`rectify` shows a plate straight on; `clean`, `components` and `layout` find ink, ground and
characters; `glyphs` draws characters and `read` compares with them; `reading` does all in turn.
"""
