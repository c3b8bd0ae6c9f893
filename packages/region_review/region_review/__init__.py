"""Manual review of a random sample of the faces and license plates detected in images.

Import the modules by their own names: `sample` (the draw), `page` (the page for the reviewer),
`answers` (the file that the page exports), `bounds` (conclusions for all images).
"""
