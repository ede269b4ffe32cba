"""What can be searched, and in which order what is found is told."""

from enum import IntEnum
from typing import Final

from foundation.words import Word


class SearchKind(Word):
    """A kind of thing that is searched."""

    INDICATOR = "indicator", "Indicators: by the value they look for, their name and their pattern."
    OBJECT = "object", "Other objects of shared intelligence: by their name."
    ORGANIZATION = "organization", "Organisations: by their name and domain."
    INVESTIGATION = "investigation", "Cases: by what they are about, and by their ref."


class Section(IntEnum):
    """A part of what is found; what stands first is told first."""

    EXACT = 0  # indicators that look for this very value
    INDICATOR = 1
    OBJECT = 2
    ORGANIZATION = 3
    INVESTIGATION = 4


SECTIONS: Final = {
    SearchKind.INDICATOR: (Section.EXACT, Section.INDICATOR),
    SearchKind.OBJECT: (Section.OBJECT,),
    SearchKind.ORGANIZATION: (Section.ORGANIZATION,),
    SearchKind.INVESTIGATION: (Section.INVESTIGATION,),
}
NODE_OF: Final = {
    Section.EXACT: "Indicator",
    Section.INDICATOR: "Indicator",
    Section.OBJECT: "StixObject",
    Section.ORGANIZATION: "Organization",
    Section.INVESTIGATION: "Investigation",
}
"""What a thing of each section is called in the graph."""
