"""People with passwords, as the tests of identity have them."""

from tests.identity.conftest import house, identity, rest

__all__ = ["house", "identity", "rest"]
