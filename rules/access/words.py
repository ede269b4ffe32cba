"""Words about people and organisations."""

from foundation.words import Word


class OrganizationType(Word):
    """What kind of organisation it is."""

    EDUCATIONAL = "educational", "A school, university or research institute."
    GOVERNMENT = "government", "A public body."
    PRIVATE = "private", "A company, an association or anybody else."


class UserKind(Word):
    """Whether a person or a program acts."""

    PERSON = "person", "A person, who signs in with a password."
    SERVICE = "service", "A program, an agent or a poller say, which has API keys and no password."
