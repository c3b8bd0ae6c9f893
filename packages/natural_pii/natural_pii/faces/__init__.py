"""Replacement of faces by drawn ones.

`people` finds the faces that show the same person and has `replace` replace them together. `pose`,
`estimate` and `surroundings` measure what a new face has to match; `identity` draws the features of
the new person. `head`, `skin`, `mouth`, `eyes` and `shade` draw the head on the plane of `grid`;
`portrait` combines them. `render` and `composite` put it into the image. `fallback` smears faces
over which none can be drawn. `unwrap`, `gather` and `donors` mix new faces from photographs.
"""
