"""Attacks on anonymized faces and license plates, and their success beyond chance.

The input of an attack is `Cutout`s: regions and their surroundings, cut from the originals, from
the anonymized images, and from an attacker's own pictures. Its success is a set of `Rate`s,
compared with the same rates on the originals and by chance; `judge` draws the conclusion.
"""
