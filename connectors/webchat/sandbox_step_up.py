"""The make-believe exchange's page where somebody proves anew that it is them (docs/host-api.md).

A real site would ask for the password and a second factor here; this one asks who is at the
keyboard, so that both a right and a wrong account can be played.
"""

from collections.abc import Sequence
from html import escape
from importlib.resources import files
from string import Template

from core.sandbox import SandboxPage

PATH = "prove"
_POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self';"
    " base-uri 'none'; frame-ancestors 'none'"
)


def ask(token: str, choices: Sequence[tuple[str, str, str]], chosen: str | None) -> SandboxPage:
    """Who is at the keyboard, of (key, name, account)? The first unless `chosen`."""
    preset = chosen or choices[0][0]
    options = "".join(
        f'<label><input type="radio" name="as" value="{escape(key)}"'
        f"{' checked' if key == preset else ''}> <b>{escape(name)}</b>"
        f" <span>{escape(account)}</span></label>"
        for key, name, account in choices
    )
    body = f"""
<h1>Confirm that it is you</h1>
<p>Support asked for this before they go on. The desk learns that the owner of the account is here,
and nothing else.</p>
<form method="post" action="{PATH}">
  <input type="hidden" name="step_up" value="{escape(token)}">
  <fieldset><legend>Signed in as</legend>{options}</fieldset>
  <button>Confirm</button>
</form>
<p class="small">The real page would ask for a password and a second factor here.</p>"""
    return _page(body)


def outcome(name: str, *, is_granted: bool) -> SandboxPage:
    """What came of it. The desk refuses a link that is over, used, or of another account alike."""
    if is_granted:
        return _page(
            f'<h1 class="done" role="status">Confirmed</h1><p>Thank you, {escape(name)}. Go back'
            " to your chat: support can go on for the next 15 minutes.</p>"
        )
    return _page(
        '<h1 class="refused" role="alert">Not confirmed</h1><p>This link is not good for the'
        f" account of {escape(name)}, or not any more. Ask support for another one.</p>"
    )


def _page(body: str) -> SandboxPage:
    template = Template((files(__package__) / "demo" / "prove.html").read_text("utf-8"))
    return SandboxPage(body=template.substitute(body=body).encode(), policy=_POLICY)
