"""People with passwords and clients of the doors, as the identity tests have them."""

from tests.identity.conftest import house, identity, rest

__all__ = ["house", "identity", "rest"]
