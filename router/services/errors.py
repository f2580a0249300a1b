"""What a use case may refuse, for the web and the command line to show."""


class ServiceError(Exception):
    """Base. The message is a sentence for whoever asked."""

    code = "refused"

    def __init__(self, sentence: str, *, code: str | None = None, field: str | None = None) -> None:
        super().__init__(sentence)
        self.code = code or type(self).code
        self.field = field
        """Path of the field at fault, such as `attachment_ids[0]`."""


class NotFound(ServiceError):
    """There is no such thing, or the caller may not know of it: 404 either way."""

    code = "not_found"


class Conflict(ServiceError):
    """It was right once, and the state has moved on: 409. `facts` go into the answer."""

    code = "conflict"

    def __init__(self, sentence: str, *, code: str | None = None, **facts: int | str) -> None:
        super().__init__(sentence, code=code)
        self.facts = facts


class Refused(ServiceError):
    """The request makes no sense as it is: 400 with the field named. `facts` go into the answer."""

    def __init__(
        self,
        sentence: str,
        *,
        code: str | None = None,
        field: str | None = None,
        **facts: int | str,
    ) -> None:
        super().__init__(sentence, code=code, field=field)
        self.facts = facts


class Forbidden(ServiceError):
    """The caller is known and may not do this: 403."""

    code = "forbidden"


def why_kept(error: ServiceError) -> str:
    """Why an undo leaves something as it is, as a sentence for whoever undid it."""
    is_changed = error.code in ("moved_on", "already_undone")
    return "Somebody changed it since." if is_changed else str(error)
