"""An image and its anonymized twin.

`changes` tells which pixels were changed on purpose, and `resemblance` whether both show the same
picture.
"""
