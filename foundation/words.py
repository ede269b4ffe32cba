"""Words: enumerations that explain themselves, and those that more than one room below the doors speaks.

A word is stored and sent over REST in lower case, as the contracts write it; the graph shows the member's name. Each
member carries the sentence that the graph's reader sees, so that a value and its meaning cannot drift apart.
"""

from enum import StrEnum
from typing import Self


class Word(StrEnum):
    """One word of a contract: `value` is the lower-case word, `description` says what it means."""

    description: str

    def __new__(cls, value: str, description: str = "") -> Self:
        member = str.__new__(cls, value)
        member._value_ = value
        member.description = description
        return member


class EntityType(Word):
    """What an investigation is about, and what an activity record touches."""

    IP = "ip", "An IPv4 or IPv6 address."
    USER = "user", "An account name, as the log writes it."
    TRANSACTION = "transaction", "A payment or order, by the identifier of its source."
    DEVICE = "device", "A machine or browser, by the identifier of its source."
    EMAIL = "email", "A mail address."
    DOMAIN = "domain", "A host or domain name of the internet."


class ActivityKind(Word):
    """What kind of thing an activity record says happened."""

    LOGIN = "login", "An attempt to sign in, accepted or refused."
    CONNECTION = "connection", "A network connection, whatever came of it."
    DNS = "dns", "A look-up of a name."
    TRANSACTION = "transaction", "A payment, order or transfer."
    DEVICE = "device", "A device seen, enrolled or changed."
    MAIL = "mail", "A message sent or received."
    API_CALL = "api_call", "A call of a programming interface, such as a cloud's control plane."


class ActivityOutcome(Word):
    """How what was recorded ended."""

    SUCCESS = "success", "It was accepted or went through."
    FAILURE = "failure", "It was refused or failed."
    UNKNOWN = "unknown", "The record does not say."


class IndicatorType(Word):
    """What kind of thing the pattern of an indicator looks for."""

    IP = "ip", "An IPv4 or IPv6 address, or a network of such."
    DOMAIN = "domain", "A host or domain name of the internet."
    URL = "url", "A web address."
    FILE_HASH = "file_hash", "A digest of a file: MD5, SHA-1, SHA-256 or another."
    EMAIL = "email", "A mail address."
    USER_AGENT = "user_agent", "What a program calls itself."
    REGISTRY = "registry", "A key or value of the Windows registry."
    MUTEX = "mutex", "The name of a mutex that malware holds."
    PROCESS = "process", "The name or command line of a running program."


class Tlp(Word):
    """How far an object may be passed on: the Traffic Light Protocol 2.0. Least strict first."""

    CLEAR = "clear", "To everybody."
    GREEN = "green", "To the community, not to the public."
    AMBER = "amber", "To those who are directly trusted and need to know."
    AMBER_STRICT = "amber+strict", "Within the organisation only."
    RED = "red", "To the named recipients only."
