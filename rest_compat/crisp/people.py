"""A person as the CRISP contract shows one."""

from typing import Any

from models.queries.credentials import Account
from resolvers.registration import Registered
from rest_compat.shapes import ID, TEXT, maybe, record
from rules.access.person import Personal

ORGANIZATION = record("OrganizationBrief", id=ID, name=TEXT, domain=TEXT)
USER = record(
    "User",
    id=ID,
    username=TEXT,
    email=maybe(TEXT),
    role=TEXT,
    first_name=TEXT,
    last_name=TEXT,
    organization=ORGANIZATION,
)


def user_of(account: Account, personal: Personal) -> dict[str, Any]:
    user, organization = account.user, account.organization
    return {
        "id": user.id,
        "username": user.name,
        "email": personal.email,
        "role": user.role,
        "first_name": personal.first_name,
        "last_name": personal.last_name,
        "organization": {"id": organization.id, "name": organization.name, "domain": organization.domain},
    }


def registered(told: Registered) -> dict[str, Any]:
    return {
        "id": told.user_id,
        "username": told.name,
        "email": told.email,
        "role": str(told.role),
        "first_name": told.first_name,
        "last_name": told.last_name,
        "organization": {
            "id": told.organization_id,
            "name": told.organization_name,
            "domain": told.organization_domain,
        },
    }
