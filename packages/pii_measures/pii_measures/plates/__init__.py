"""Reading license plates: which part is ink, where the characters are, what they may say.

`rectify` shows a plate straight on; `ink`, `components` and `layout` find ink, ground and
characters; `glyphs` draws characters and `characters` compares with them; `reading` does all of
it; `outside` adds characters beside the quad; `comparison` compares two readings.
"""
