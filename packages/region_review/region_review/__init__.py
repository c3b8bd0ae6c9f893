"""A person checks a random sample of the faces and license plates that were found in images.

Import the modules by their own names: `sample` (what is drawn), `page` (where a person answers),
`answers` (what the page exports), `bounds` (what follows for all images).
"""
