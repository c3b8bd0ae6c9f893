"""Drawn heads in place of faces.

`people` finds the faces that show the same person and has `replace` replace them together. `pose`
and `estimate` measure how a head is held and lit; `identity` draws the features of the new person.
`head`, `skin`, `mouth`, `eyes` and `shade` draw the head on the plane of `grid`, `portrait` puts
them together; `render` and `composite` bring it into the image. `fallback` smears faces over which
none can be drawn.
"""
