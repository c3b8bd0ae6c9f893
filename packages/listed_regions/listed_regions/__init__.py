"""Regions of images listed in a file, and the images to which the list refers.

Import the modules by their own names: `region_files` (needs pydantic), `matching` (needs only
Python), `corners` (needs OpenCV).
"""
