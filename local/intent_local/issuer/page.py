"""The page on which somebody chooses who to be."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape

ROLES = {
    "viewer": "reads numbers",
    "marketer": "also asks, saves and sees users",
    "admin": "also changes the account",
    "": "no role: signed in, and may do nothing",
}

STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; margin: 10vh auto; max-width: 26rem; padding: 0 1rem;
       color: #1c2330; background: #f6f7f9 }
form { background: #fff; border: 1px solid #d9dde5; border-radius: 12px; padding: 1.5rem }
h1 { font-size: 1.25rem; margin: 0 0 .25rem } p { margin: 0 0 1rem; color: #5a6475 }
label { display: block; padding: .35rem 0 } input[type=email] { width: 100%; box-sizing: border-box;
  font: inherit; padding: .5rem; border: 1px solid #b9c0cc; border-radius: 8px }
fieldset { border: 0; padding: 0; margin: 1rem 0 } small { color: #5a6475 }
button { font: inherit; width: 100%; padding: .6rem; border: 0; border-radius: 8px;
  background: #1f5eff; color: #fff; cursor: pointer }
"""

POLICY = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"


def sign_in(asked: Mapping[str, str]) -> str:
    """The form; `asked` are the parameters of the authorization request, which it sends along."""
    hidden = "".join(
        f'<input type="hidden" name="{escape(name)}" value="{escape(value)}">'
        for name, value in asked.items()
    )
    roles = "".join(
        f'<label><input type="radio" name="role" value="{role}"'
        f"{' checked' if role == 'admin' else ''}> {role or 'nobody'} <small>{told}</small></label>"
        for role, told in ROLES.items()
    )
    return _page(
        "Sign in",
        f'<form method="post">{hidden}<h1>Sign in</h1>'
        "<p>The local stack believes whoever you say you are.</p>"
        '<label>E-mail<input type="email" name="email" value="me@localhost.test" required></label>'
        f"<fieldset>{roles}</fieldset><button>Sign in</button></form>",
    )


def refusal(why: str) -> str:
    """Said to a person whose client cannot be answered."""
    return _page("Not signed in", f"<form><h1>Not signed in</h1><p>{escape(why)}</p></form>")


def _page(title: str, body: str) -> str:
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{title}</title>'
        f'<meta name="viewport" content="width=device-width"><style>{STYLE}</style>{body}</html>'
    )
