"""Faces are replaced by drawn heads that fit the place; `replace.replace_face` is the way in."""
