"""Reading of license plates: ink, positions of the characters, and what they may be.

`rectify` rectifies a plate; `ink`, `components` and `layout` find ink, ground and characters;
`glyphs` draws characters, and `characters` compares with them; `reading` combines these steps;
`outside` adds characters beside the quad; `comparison` compares two readings.
"""
