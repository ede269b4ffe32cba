"""What an organisation says is its own: its networks, and the names of its hosts and mailboxes."""

from collections.abc import Sequence

from foundation.ids import to_global
from models.queries import renditions
from models.queries.organizations import own_things, set_own_things
from resolvers.operation import Operation
from rules.access.actions import Action
from rules.own_things import check_names, check_networks


async def declare_own_things(op: Operation, *, networks: Sequence[str] | None, names: Sequence[str] | None) -> str:
    """Says what is the own organisation's; None: as it was. The organisation's key.

    What it shares is looked through anew, soon after: others see less of what is its own. Raises InvalidInput.
    """
    organization_id = op.viewer.organization_id
    async with op.write(Action.ORGANIZATION_DECLARE, target=to_global("Organization", organization_id)) as door:
        _, *before = await own_things(door.session, organization_id)
        after = [
            before[0] if networks is None else check_networks(networks, field="networks"),
            before[1] if names is None else check_names(names, field="names"),
        ]
        if after != before:
            await set_own_things(door.session, organization_id, *after, now=door.now)
            await renditions.make_all_due(door.session, organization_id)
        door.unit.details.update(networks=len(after[0]), names=len(after[1]))
        door.answer(organization_id)
    return organization_id
