"""Attacks on anonymized faces and license plates, and their success beyond chance.

The input of an attack are `Cutout`s: regions and their surroundings, cropped from the originals,
the anonymized images, and an attacker's own pictures. Its success is a set of `Rate`s, compared
with the same rates on the originals and with chance; `judge` draws the conclusion.
"""
