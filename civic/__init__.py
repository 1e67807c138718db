"""Civic: shifts, encounters and activity reports for the volunteers of the Chaîne des Parcs."""

__version__ = "0.1.0"
