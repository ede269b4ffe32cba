"""Two organisations that may come to trust each other."""

import pytest

from tests.trust.sides import Sides
from tests.world import World


@pytest.fixture
def sides(world: World) -> Sides:
    return Sides(world)
