"""Which objects are tied to which: the graph that relationships, sightings and other references draw."""

from sqlmodel import SQLModel

from models.columns import flag, points_at, text_key


class StixEdge(SQLModel, table=True):
    """What the newest version of the object `via_id` says of `near` and `far`; each edge lies here in both directions.

    An end is the key of the object, as it was sent, where the organisation that says so holds it. Else it is a STIX id:
    then everybody's object of that id is meant, until the organisation's own comes. So no reference leads from what an
    organisation shows in masked form to what others hold in the clear.

    `relationship` is the type of the relationship object, or the member that holds the reference. `outward`: `near` is
    the source.
    """

    __tablename__ = "stix_edge"
    __table_args__ = ({"sqlite_with_rowid": False},)

    near: str = text_key()
    far: str = text_key(index=True)
    relationship: str = text_key()
    outward: bool = flag(primary_key=True)
    via_id: str = points_at("stix_object.id", primary_key=True, index=True)
    organization_id: str = points_at("organization.id", index=False)
