"""The scene of an import, for every test of this folder."""

from tests.imports.scene import scene

__all__ = ["scene"]
