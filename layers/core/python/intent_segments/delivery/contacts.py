"""E-mail addresses and phone numbers as they are sent: one address, or E.164."""

from __future__ import annotations

import re

EMAIL = re.compile(r"[^\s@,;:<>()\[\]\"\\]{1,64}@(?:[^\s@,;:<>()\[\]\"\\.]+\.)+[^\s@,;:<>().\"\\]+")
"""Narrower than RFC 5321: no quotes, comments or lists, so that one address is one recipient."""
MOST_EMAIL = 254
"""Characters (RFC 5321, 4.5.3.1, as RFC 3696's erratum 1690 reads it)."""
E164 = re.compile(r"[1-9][0-9]{6,14}", re.ASCII)
"""Country code and number, 15 digits at most (ITU-T E.164)."""
KEEPS_ZERO = ("39", "378", "379")
"""Countries whose numbers begin with a zero that belongs to them: Italy, San Marino, Vatican."""


def email_of(text: object) -> str | None:
    """The address, trimmed; None for anything that is not exactly one."""
    address = text.strip() if isinstance(text, str) else ""
    if len(address) > MOST_EMAIL or not address.isprintable():
        return None
    return address if EMAIL.fullmatch(address) else None


def phone_of(text: object, country_code: str | None = None) -> str | None:
    """Digits of E.164 without the plus, None where it cannot be told.

    `+` or `00` begin a country code. Other numbers are national and need `country_code`: a leading
    zero is dropped, except where numbers keep theirs; in North America a leading 1 is the country.
    """
    if not isinstance(text, str):
        return None
    written = text.strip().replace("(0)", "")
    if re.search(r"[^0-9+()./\s-]", written, re.ASCII) or "+" in written[1:]:
        return None
    digits = re.sub(r"[^0-9]", "", written, flags=re.ASCII)
    if not written.startswith("+"):
        if digits.startswith("00"):
            digits = digits[2:]
        elif country_code is None:
            return None
        elif country_code == "1":
            digits = "1" + digits.removeprefix("1")
        elif country_code in KEEPS_ZERO:
            digits = country_code + digits
        else:
            digits = country_code + digits.removeprefix("0")
    return digits if E164.fullmatch(digits) else None
