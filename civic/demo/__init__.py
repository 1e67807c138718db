"""Invented people on the real sites: what `civic demo` puts into an empty database.

Everything follows from a seed and a day: the same two give the same rows, ids included.
"""
