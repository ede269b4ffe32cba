"""Query, Mutation and Subscription, put together; and the schema that runs them."""

from typing import Any

import strawberry
from strawberry.schema.config import StrawberryConfig

from schema.account_mutations import AccountMutations
from schema.activity import ActivityQueries, ActivityRecord
from schema.activity_mutations import ActivityMutations
from schema.audit import AuditQueries
from schema.authoring_mutations import AuthoringMutations
from schema.checks import check
from schema.collections import Collection, CollectionQueries
from schema.dashboard import DashboardQueries
from schema.domains import DomainAnalysis
from schema.evidence import Evidence, Verification
from schema.evidence_mutations import EvidenceMutations
from schema.explaining import ExplainingQueries
from schema.faces import face
from schema.feed_mutations import FeedMutations
from schema.feeds import Feed, FeedQueries
from schema.graph import GRAPH_NODES
from schema.group_mutations import TrustGroupMutations
from schema.indicator_mutations import IndicatorMutations
from schema.indicators import Indicator, IndicatorQueries, StixObject
from schema.investigation_mutations import InvestigationMutations
from schema.investigations import Investigation, InvestigationQueries
from schema.limits import Limits
from schema.list_mutations import ListMutations
from schema.live import EventQueries, Subscription
from schema.member_mutations import MemberMutations
from schema.node import NodeQueries
from schema.notes import Note
from schema.organization_mutations import OrganizationMutations
from schema.organizations import Organization, OrganizationQueries
from schema.own_things import OwnThingsMutations
from schema.people import ApiKey, Device, Session, User
from schema.planned import PlannedExecutor
from schema.rate_limit import RateLimitQueries
from schema.refusals import Schema
from schema.reset_mutations import ResetMutations
from schema.risk import RiskPoint
from schema.scalars import SCALARS
from schema.search import SearchQueries
from schema.sightings import Sighting
from schema.sign_in import SignInMutations
from schema.timeline import TimelineEvent
from schema.timeline_mutations import TimelineMutations
from schema.totp import TotpMutations
from schema.trust import TrustGroup, TrustQueries, TrustRelationship
from schema.trust_mutations import TrustMutations
from schema.viewer import ViewerQueries


@face(None)
class Query(
    NodeQueries,
    ViewerQueries,
    InvestigationQueries,
    ActivityQueries,
    IndicatorQueries,
    CollectionQueries,
    ExplainingQueries,
    FeedQueries,
    OrganizationQueries,
    DashboardQueries,
    TrustQueries,
    SearchQueries,
    EventQueries,
    AuditQueries,
    RateLimitQueries,
):
    """Reading. A field that may refuse is nullable, so that a refusal leaves its siblings standing.

    Hidden and absent answer alike: with null, or by not being listed.

    A document has at most 12 levels of fields, 20 root fields and 30 aliases, and no list in it more than 1,000 items.
    Its cost, told in `extensions.cost`, is at most 20,000, or 200 without signing in: 1 for an object, and for a list
    its length as asked for times one element. A caller has 100,000 points a minute, over all tokens: see `rateLimit`.
    """


@strawberry.type(
    description="Writing. Every field may refuse: in its `userErrors` what the input should mend, in `errors` who asks."
)
class Mutation(
    SignInMutations,
    AccountMutations,
    MemberMutations,
    OwnThingsMutations,
    ResetMutations,
    TotpMutations,
    InvestigationMutations,
    EvidenceMutations,
    TimelineMutations,
    ActivityMutations,
    IndicatorMutations,
    AuthoringMutations,
    ListMutations,
    OrganizationMutations,
    TrustMutations,
    TrustGroupMutations,
    FeedMutations,
):
    pass


NODES: tuple[type, ...] = (
    ActivityRecord, ApiKey, Collection, Device, DomainAnalysis, Evidence, Feed, Indicator, Investigation, Note,
    Organization,
    RiskPoint, Session, Sighting, StixObject, TimelineEvent, TrustGroup, TrustRelationship, User, Verification,
    *GRAPH_NODES,
)  # fmt: skip
"""What stands behind interfaces: types that the schema would not know of otherwise."""


def build_schema(**options: Any) -> Schema:
    """The schema of the product, its faces held against the tables.

    `options` go to the Schema class: other `limits`, say.
    """
    options = {"limits": Limits(), "gated": True, **options}
    schema = Schema(
        Query,
        mutation=Mutation,
        subscription=Subscription,
        types=NODES,
        config=StrawberryConfig(scalar_map=SCALARS),
        execution_context_class=PlannedExecutor,
        **options,
    )
    check(schema)
    return schema
