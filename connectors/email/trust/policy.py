"""DMARC: what a domain demands of mail in its name, and what counts as its own (RFC 9989)."""

from dataclasses import dataclass

from connectors.email.trust.domains import organisation_of, path_to_organisation
from connectors.email.trust.records import Records, texts_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    is_published: bool
    is_strict: bool
    """Only a signature by the very same domain counts (`adkim=s`)."""


def policy_names(domain: str) -> tuple[str, ...]:
    """Where a policy for this domain may stand, the closest first."""
    return tuple(f"_dmarc.{name}" for name in path_to_organisation(domain))


def find_policy(domain: str, records: Records) -> Policy:
    """The closest one. Without any, only the domain itself is taken to speak for itself.

    Raises DnsTrouble. Two records at one name count as none (RFC 9989, 4.7).
    """
    for name in policy_names(domain):
        found = [tags for text in texts_of(records, name) if (tags := _tags(text)) is not None]
        if len(found) == 1:
            return Policy(
                is_published=True, is_strict=found[0].get("adkim", "r").strip().lower() == "s"
            )
    return Policy(is_published=False, is_strict=True)


def is_aligned(signer: str, author: str, policy: Policy) -> bool:
    """Whether a signature by `signer` speaks for mail from `author` (RFC 9989, 4.4)."""
    if signer == author:
        return True
    return not policy.is_strict and organisation_of(signer) == organisation_of(author)


def _tags(text: str) -> dict[str, str] | None:
    """None for a record that is no DMARC policy: `v=DMARC1` must stand first."""
    tags: dict[str, str] = {}
    for position, part in enumerate(text[:4096].split(";")):
        name, _, value = part.partition("=")
        if position == 0 and (name.strip().lower() != "v" or value.strip() != "DMARC1"):
            return None
        tags.setdefault(name.strip().lower(), value.strip())
    return tags
