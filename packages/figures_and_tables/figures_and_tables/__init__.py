"""Figures and tables for papers and web pages.

Import the modules by their own names: `figures` loads matplotlib, `tables` and `latex` do not.
"""
