"""Where the faces and license plates of the training images are, and how many there are."""
