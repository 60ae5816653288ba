"""Templates, e-mail addresses and phone numbers, one row per case."""

from __future__ import annotations

from typing import Any

import pytest

from intent_segments.delivery.contacts import email_of, phone_of
from intent_segments.delivery.template import Form, Template
from intent_segments.errors import InvalidInput


@pytest.mark.parametrize(
    ("text", "form", "traits", "said"),
    [
        ("Hi", "text", {}, "Hi"),
        ("Hi {{name}}", "text", {"name": "Ann"}, "Hi Ann"),
        ("Hi {{ first name }}!", "text", {"first name": "Ann"}, "Hi Ann!"),
        ("Hi {{name|you}}", "text", {}, "Hi you"),
        ("Hi {{name | dear customer }}.", "text", {"name": ""}, "Hi dear customer."),
        ("{{n}} {{m}} {{b}}", "text", {"n": 3.0, "m": 2.5, "b": True}, "3 2.5 true"),
        ("{{a}}", "text", {"a": "{{b}}", "b": "secret"}, "{{b}}"),
        ("{{a}}", "text", {"a": "{0.__class__}"}, "{0.__class__}"),
        ("{a} %s ${a} <%= a %>", "text", {"a": "x"}, "{a} %s ${a} <%= a %>"),
        ("{{a.__class__ | no}}", "text", {"a": "x"}, "no"),
        ("{{a}}", "html", {"a": "<script>'\"&"}, "&lt;script&gt;&#x27;&quot;&amp;"),
        ("{{a | <b>}}", "html", {}, "&lt;b&gt;"),
        ("{{a}}", "line", {"a": "x\r\nBcc: y\u2028z"}, "x Bcc: yz"),
        ("{{a}}", "text", {"a": "x\ny\x00\x1b[2J"}, "x\ny[2J"),
        ("https://x/{{a}}", "link", {"a": "../?&=é"}, "https://x/..%2F%3F%26%3D%C3%A9"),
    ],
)
def test_a_template_says(text: str, form: Form, traits: dict[str, Any], said: str) -> None:
    made = Template.parse(text, "text", form)
    assert made.missing(traits) is None and made.render(traits) == said


@pytest.mark.parametrize(
    "text",
    ["{{", "}}", "{{}}", "{{ }}", "{{|x}}", "{{a", "a}}", "{{a|b|c}}", "{{a{b}}}", "{{{{a}}}}"],
)
def test_braces_that_are_no_place_are_refused(text: str) -> None:
    with pytest.raises(InvalidInput, match=r"write \{\{name\}\}"):
        Template.parse(text, "text")


def test_a_subject_has_one_line_and_a_text_has_a_limit() -> None:
    with pytest.raises(InvalidInput, match="one line"):
        Template.parse("a\nb", "subject", "line")
    with pytest.raises(InvalidInput, match="at most 262144"):
        Template.parse("x" * 300_000, "text")


def test_a_template_knows_its_traits_and_who_lacks_one() -> None:
    made = Template.parse("{{a}} {{b|x}} {{a}} {{c}}", "text")
    assert made.traits == ("a", "b", "c")
    assert made.missing({"c": 1}) == "a" and made.missing({"a": 0, "c": None}) == "c"


@pytest.mark.parametrize(
    ("text", "address"),
    [
        (" Ann.Lee+x@Mail.Example ", "Ann.Lee+x@Mail.Example"),
        ("ann@mail.co.uk", "ann@mail.co.uk"),
        ("jörg@müller.example", "jörg@müller.example"),
        *[
            (wrong, None)
            for wrong in [
                *(None, 5, "", "ann", "@x.example", "ann@", "ann@localhost", "a b@x.example"),
                *("a@x.example,b@x.example", "a@x.example;b@x.example", "a@b@x.example"),
                *("Ann <a@x.example>", '"a b"@x.example', "a@x..example", "a@x.example."),
                *("a@x.example\nBcc: b@x.example", "a\x00@x.example", "a@" + "x" * 260 + ".com"),
                *("x" * 65 + "@x.example", "a@[127.0.0.1]", "a\u202e@x.example"),
            ]
        ],
    ],
)
def test_an_address_is_exactly_one(text: object, address: str | None) -> None:
    assert email_of(text) == address


@pytest.mark.parametrize(
    ("text", "country", "digits"),
    [
        ("+49 170 1234567", None, "491701234567"),
        ("+49 (0)170/123-45.67", None, "491701234567"),
        ("0049 170 1234567", None, "491701234567"),
        ("0170 1234567", "49", "491701234567"),
        ("0170 1234567", None, None),
        ("(800) 555-0100", "1", "18005550100"),
        ("1-800-555-0100", "1", "18005550100"),
        ("+1 800 555 0100", "49", "18005550100"),
        ("06 1234 5678", "39", "390612345678"),
        ("+39 06 1234 5678", None, "390612345678"),
        ("8 (912) 345-67-89", None, None),
        ("+0 170 1234567", None, None),
        ("+49 170", None, None),
        ("+49 170 1234567 8901 2345", None, None),
        ("+49 170 CALL ME", None, None),
        ("+49+170 1234567", None, None),
        ("+٤٩١٧٠١٢٣٤٥٦٧", None, None),
        ("", "49", None),
        (None, "49", None),
        (491701234567, "49", None),
    ],
)
def test_a_phone_number_is_e164(text: object, country: str | None, digits: str | None) -> None:
    assert phone_of(text, country) == digits
