"""Which domains belong to one owner: by the public suffix list, private suffixes included."""

from functools import cache

from publicsuffixlist import PublicSuffixList


@cache
def _suffixes() -> PublicSuffixList:
    return PublicSuffixList()


def organisation_of(domain: str) -> str:
    """The organisational domain (RFC 7489, 3.2); the domain itself if it is a public suffix."""
    if domain.count(".") == 0 or len(domain) > 253:
        return domain
    return _suffixes().privatesuffix(domain) or domain


def path_to_organisation(domain: str) -> tuple[str, ...]:
    """From the domain up to its organisational domain, at most eight names (RFC 9989, 4.10)."""
    top = organisation_of(domain)
    names = [domain]
    while names[-1] != top and "." in names[-1]:
        names.append(names[-1].partition(".")[2])
    return tuple(dict.fromkeys([*names[:7], top]))
