"""What each role may do. The one table that policies and tokens are judged by."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any


class Role(StrEnum):
    OWNER = "owner"
    ADMIN = "admin"
    SUPERVISOR = "supervisor"
    AGENT = "agent"
    AUDITOR = "auditor"
    """Sees everything, changes nothing."""
    HOST = "host"
    """The operator's own site, by a token: it declares its accounts and reads nothing here. Never
    an agent's."""


class Permission(StrEnum):
    READ_CONVERSATIONS = "conversations.read"
    """Messages, persons, cases, files; bounded by the access classes of one's teams."""
    WRITE_CONVERSATIONS = "conversations.write"
    """Reply, note, draft, upload, mark as read."""
    CHANGE_CASES = "cases.change"
    DECIDE_DELIVERIES = "deliveries.decide"
    MERGE_PERSONS = "persons.merge"
    CHANGE_IDENTITIES = "identities.change"
    """Mark an address as used by several people, as preferred or blocked; block a person."""
    EXPORT_PERSONS = "persons.export"
    """Hand out a copy of everything about somebody."""
    ERASE_PERSONS = "persons.erase"
    """Forget somebody, for good."""
    LOWER_LEVELS = "levels.lower"
    """Let a case be answered at a lower level than it says, or by more channels."""
    CLASSIFY_CASES = "cases.classify"
    """Open a restricted case to more agents, and restrict one to a class that one does not see. Who
    changes cases restricts them among those who see what they see."""
    CHANGE_TOPICS = "topics.change"
    """What an answer about something needs."""
    CHANGE_FIELDS = "fields.change"
    """Define what a case has in fields of its own, and who sees it."""
    CHANGE_SNIPPETS = "snippets.change"
    """Keep canned replies for everybody, and for teams that one is not in."""
    CHANGE_LABELS = "labels.change"
    """Rename and drop labels. Who changes cases makes them."""
    CHANGE_QUEUE = "queue.change"
    """How waiting cases are given out, what others have room for, and who is there; give somebody
    more than they have room for."""
    READ_RULES = "rules.read"
    """What rules do by themselves, and why they did it."""
    CHANGE_RULES = "rules.change"
    """Make rules, and macros for everybody."""
    APPROVE_REPLIES = "replies.approve"
    """Be the second agent of answers that one may not send alone."""
    CHANGE_APPROVALS = "approvals.change"
    """Say which answers those are."""
    CHANGE_WEBHOOKS = "webhooks.change"
    """Say which other programs are told of what happens, and see whether that arrives."""
    READ_ACCOUNTS = "accounts.read"
    CHANGE_ACCOUNTS = "accounts.change"
    READ_QUARANTINE = "quarantine.read"
    CHANGE_QUARANTINE = "quarantine.change"
    READ_AGENTS = "agents.read"
    CHANGE_AGENTS = "agents.change"
    """Invite, change roles, deactivate; never an owner, unless one is an owner."""
    CHANGE_TEAMS = "teams.change"
    CHANGE_TOKENS = "tokens.change"
    READ_AUDIT = "audit.read"
    READ_METRICS = "metrics.read"
    DECLARE_ACCOUNTS = "host.declare"
    """Say which accounts the operator's site has, and which identities are theirs."""
    SEE_ALL_CLASSES = "access.all"
    """Restricted cases (fraud, kyc, legal) without being in a team for them."""


_AGENT = frozenset(
    {
        Permission.READ_CONVERSATIONS,
        Permission.WRITE_CONVERSATIONS,
        Permission.CHANGE_CASES,
        Permission.DECIDE_DELIVERIES,
        Permission.MERGE_PERSONS,
        Permission.CHANGE_IDENTITIES,
        Permission.READ_ACCOUNTS,
        Permission.READ_AGENTS,
        Permission.READ_RULES,
    }
)
_SUPERVISOR = _AGENT | {
    Permission.APPROVE_REPLIES,
    Permission.CHANGE_QUEUE,
    Permission.CHANGE_SNIPPETS,
    Permission.CHANGE_LABELS,
    Permission.CHANGE_RULES,
    Permission.EXPORT_PERSONS,
    Permission.LOWER_LEVELS,
    Permission.CLASSIFY_CASES,
    Permission.READ_QUARANTINE,
    Permission.READ_METRICS,
}
_OWNER = frozenset(Permission) - {Permission.DECLARE_ACCOUNTS}
"""Nobody at the desk speaks for the operator's site: they would join people past the second agent
that a merge of two accounts needs."""
_ADMIN = _OWNER - {Permission.SEE_ALL_CLASSES}

PERMISSIONS: Mapping[Role, frozenset[Permission]] = {
    Role.OWNER: _OWNER,
    Role.ADMIN: _ADMIN,
    Role.SUPERVISOR: _SUPERVISOR,
    Role.AGENT: _AGENT,
    Role.AUDITOR: frozenset(
        {
            Permission.READ_CONVERSATIONS,
            Permission.READ_ACCOUNTS,
            Permission.READ_RULES,
            Permission.READ_QUARANTINE,
            Permission.READ_AGENTS,
            Permission.READ_AUDIT,
            Permission.READ_METRICS,
            Permission.SEE_ALL_CLASSES,
        }
    ),
    Role.HOST: frozenset({Permission.DECLARE_ACCOUNTS}),
}

EVERY_CLASS = frozenset({"normal", "fraud", "kyc", "legal"})
OPEN_CLASS = "normal"
"""Cases that every agent sees. The other classes need a team that names them."""


def access_classes_of(
    permissions: frozenset[Permission], team_classes: frozenset[str]
) -> frozenset[str]:
    """Which cases somebody with these permissions and teams may see."""
    if Permission.SEE_ALL_CLASSES in permissions:
        return EVERY_CLASS
    return (team_classes | {OPEN_CLASS}) & EVERY_CLASS


def classes_of(agent: Mapping[str, Any]) -> frozenset[str]:
    """Which cases the agent of a row with `role` and their teams' `access_classes` may see."""
    return access_classes_of(PERMISSIONS[Role(agent["role"])], frozenset(agent["access_classes"]))


def token_permissions(agent: Role, token: Role) -> frozenset[Permission]:
    """What a token of this role may do for this agent: what both may.

    The site's does what no agent does, as long as the agent who made it may make tokens.
    """
    if token is Role.HOST:
        has_site = Permission.CHANGE_TOKENS in PERMISSIONS[agent]
        return PERMISSIONS[token] if has_site else frozenset()
    return PERMISSIONS[token] & PERMISSIONS[agent]


def may_grant(granter: Role, granted: Role) -> bool:
    """Whether somebody may give or take this role of an agent: owners all, admins all but owner."""
    if granted is Role.HOST:
        return False
    match granter:
        case Role.OWNER:
            return True
        case Role.ADMIN:
            return granted is not Role.OWNER
        case _:
            return False
