"""The graph, answered by the planner and, in its plain mode, by the reference."""

import pytest

from resolvers.operation import House
from tests.graph.asking import Graph


@pytest.fixture(params=["planned", "plain"])
def graph(house: House, request: pytest.FixtureRequest) -> Graph:
    return Graph(house, request.param)


@pytest.fixture
def planned_graph(house: House) -> Graph:
    return Graph(house, "planned")
