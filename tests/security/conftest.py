"""People with passwords that are cheap to check, and a client of /api/auth, as the tests of identity have them."""

from tests.identity.conftest import house, identity, rest

__all__ = ["house", "identity", "rest"]
