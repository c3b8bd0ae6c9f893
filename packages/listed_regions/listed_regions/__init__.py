"""Regions of images that somebody listed, and the images that the list means.

Import the modules by their own names: `region_files` (pydantic), `matching` (nothing but Python),
`corners` (OpenCV).
"""
