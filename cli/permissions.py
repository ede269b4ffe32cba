"""docs/permissions.md, printed from the table the doors check and the marks of what leads to it."""

from collections.abc import Iterable

from rest_compat.endpoints import Contract
from rules.access.actions import TABLE, Action, Grant, may
from rules.access.viewer import ANONYMOUS, Role, Viewer, ViewerKind
from schema.marks import action_of, roots
from schema.root import build_schema
from taxii.routes import RESOURCES

INTRODUCTION = """\
# Who may do what

Printed by `casegraph snapshot` from the one table that every door checks (`rules/access/actions.py`); a test asks each
root field and each route as each kind of caller and compares. Whose rows somebody sees or changes is another question:
that is part of every statement.

A role may do what the role before it may, in its own organisation. Platform administrator is a mark on a user, beside
the role. An API key may do what its scopes name, and nothing where no scope is named. The engine is durable work inside
the server: no credential stands for it.
"""


def _person(role: Role, *, platform: bool = False) -> Viewer:
    return Viewer(ViewerKind.USER, "u", "o", role, "somebody", is_platform_admin=platform)


CALLERS: dict[str, Viewer] = {
    "anyone": ANONYMOUS,
    **{str(role): _person(role) for role in Role},
    "platform admin": _person(Role.ADMIN, platform=True),
}


def permissions(served: Iterable[Contract]) -> str:
    """The page as text, ending in one newline. `served`: the REST contracts."""
    reached: dict[Action, list[str]] = {action: [] for action in Action}
    for kind, name, definition in roots(build_schema()._schema):
        action = action_of(definition)
        if action is not None:
            reached[action].append(f"{kind} `{name}`")
    for contract in served:
        for endpoint in contract.endpoints:
            if endpoint.action is not None:
                reached[endpoint.action].append(f"{endpoint.method} `{contract.paths(endpoint)[0]}`")
    for resource in RESOURCES:
        reached[resource.action].append(f"{resource.method} `{resource.paths[0]}`")
    heads = ["action", *CALLERS, "scope of a key", "asked for by"]
    lines = [f"| {' | '.join(heads)} |", f"| {' | '.join('---' for _ in heads)} |"]
    for action in sorted(Action):
        grant, scope = TABLE[action]
        cells = ["yes" if may(viewer, action) else "" for viewer in CALLERS.values()]
        inside = "the engine alone" if grant is Grant.ENGINE else ""
        key = "any" if grant is Grant.ANYONE else f"`{scope}`" if scope else ""
        lines.append(f"| `{action}` | {' | '.join(cells)} | {key} | {', '.join(reached[action]) or inside} |")
    return INTRODUCTION + "\n" + "\n".join(lines) + "\n"
