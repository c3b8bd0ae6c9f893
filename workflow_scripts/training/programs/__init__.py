"""Trainers that are programs of the user: what they are handed, run as, and have to leave."""
