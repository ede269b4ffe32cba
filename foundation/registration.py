"""Where the name that somebody registered begins: `bank.co.uk` in `www.bank.co.uk`, by the public suffix list.

The list comes with its library, so nothing is fetched, and its age is that of the installed release.
"""

from functools import cache, lru_cache

from publicsuffixlist import PublicSuffixList


@lru_cache(maxsize=16_384)
def registered_name(name: str) -> str | None:
    """The registered name at or above a canonical host name; None for what nobody registers, such as `co.uk`.

    Under a site that hands out names to strangers (`github.io`) each of those counts as registered. Of an ending that
    the list does not know, the last label is the suffix.
    """
    found: str | None = _suffixes().privatesuffix(name)
    return found


@cache
def _suffixes() -> PublicSuffixList:
    return PublicSuffixList()  # reading it takes a twentieth of a second, which most commands never need
