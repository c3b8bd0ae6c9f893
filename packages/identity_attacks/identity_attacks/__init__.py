"""Attacks on anonymized faces and license plates, and how much they succeed beyond chance.

An attack is given `Cutout`s: regions and their surroundings, cut from the originals, from the
anonymized images, and from an attacker's own pictures. Its success is a set of `Rate`s, beside the
same rates on the originals and by chance; `judge` says what they allow to conclude.
"""
