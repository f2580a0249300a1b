"""What tier somebody is of: one expression for all that ask, so that all of them mean the same."""

_ATTRIBUTE = "coalesce((select settings ->> 'tier_attribute' from queue_settings), 'tier')"


def tier_of(attribute: str = _ATTRIBUTE) -> str:
    """Of the person `r` with the case `c` (or none): as the host declares the account that the case
    is about, then any other account of theirs; where it declares none, by this attribute.
    """
    return f"""
        coalesce(
            (select nullif(h.tier, '') from host_accounts h where h.account = c.host_account),
            (select h.tier from persons q join identities i on i.home_person_id = q.id
             join host_accounts h on h.account = i.host_account
             where q.root_id = r.id and h.tier <> '' order by h.id limit 1),
            r.attributes ->> {attribute}, '')
    """
