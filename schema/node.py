"""Any thing by its id."""

from rules.access.actions import Action
from rules.nodes import locate
from schema.faces import Node, each_of, face, one_of


@face(None)
class NodeQueries:
    """Reading anything by its id."""

    node: Node | None = one_of(
        locate,
        "Any thing by its id; null when there is none, or none that the viewer may see.",
        argument=True,
        action=Action.GRAPH_READ,
        arguments={"id": "Its global id, its ref (`INV-7`, `EV-3`, `EVT-9`), or the id STIX gave it."},
    )
    nodes: list[Node | None] = each_of(
        locate,
        "Many things by their ids, in the order asked for, with null where there is none or none may be seen.",
        action=Action.GRAPH_READ,
    )
