"""What can happen to a relationship or a group, as their histories call it."""

from foundation.words import Word


class TrustAction(Word):
    """What happened to a relationship or a group."""

    RELATIONSHIP_CREATED = "relationship_created", "The trustor proposed it, for the first time or anew."
    RELATIONSHIP_APPROVED = "relationship_approved", "One side agreed."
    RELATIONSHIP_REJECTED = "relationship_rejected", "One side refused, or took its agreement back."
    RELATIONSHIP_ACTIVATED = "relationship_activated", "It came into force, or was resumed."
    RELATIONSHIP_SUSPENDED = "relationship_suspended", "It was put on hold."
    RELATIONSHIP_REVOKED = "relationship_revoked", "The trustor took it back."
    RELATIONSHIP_EXPIRED = "relationship_expired", "Its validity ended."
    RELATIONSHIP_MODIFIED = "relationship_modified", "The trustor changed its terms."
    TRUST_LEVEL_MODIFIED = "trust_level_modified", "The level of a relationship or a group was changed."
    GROUP_CREATED = "group_created", "The group was made."
    GROUP_MODIFIED = "group_modified", "Its name, its description or a role in it was changed."
    GROUP_INVITED = "group_invited", "An organisation was asked to join."
    GROUP_JOINED = "group_joined", "An organisation joined, or agreed to another level."
    GROUP_LEFT = "group_left", "An organisation left, declined, or was removed."
