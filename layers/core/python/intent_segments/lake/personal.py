"""What identifies a person: names of traits and properties, and what their values look like.

Such values are neither offered in the catalogue nor learnt from.
"""

from __future__ import annotations

import re

_NAMES = """
    email emailaddress mail phone phonenumber mobile telephone name firstname lastname fullname
    surname username nickname avatar street address streetaddress birthday birthdate dateofbirth ip
    ipaddress userid anonymousid customerid deviceid idfa advertisingid iban mergedinto"""
PERSONAL_NAMES = frozenset(_NAMES.split())
"""Names, without case and signs, whose values are never looked at: the traits that Segment's spec
reserves for what identifies a person, and their usual other spellings. `name` is personal as a
trait; as the property of an event it names a thing. `merged_into` is another id of a user."""

E_MAIL = r"[^@\s]@[^@\s]+[.][^@\s]+"
"""Somewhere in a text. What stands before the sign is one character here: more would be a search
that goes back and forth."""
UUID = "[0-9a-fA-F-]{32,36}"
PHONE = "[+][0-9 ()./-]{8,20}|[0-9]{10,15}|[(]?[0-9]{2,5}[)]?[ /-][0-9 -]{7,14}"
"""A whole text of 9 to 21 characters (E.164: 15 digits at most)."""
LEAST_ID, ABOVE_IDS = 1e9, 1e15
"""Whole numbers of 10 to 15 digits are phone numbers, ids or instants rather than amounts."""


def is_personal(name: str, of_trait: bool) -> bool:
    """Whether the name alone says that values identify a person."""
    plain = re.sub(r"[^a-z]", "", name.casefold())
    return plain in PERSONAL_NAMES and (of_trait or plain != "name")


def identifies(text: str) -> bool:
    """Whether a text looks like an e-mail address, a UUID or a phone number."""
    if "@" in text:
        return re.search(E_MAIL, text) is not None
    if 32 <= len(text) <= 36:
        return re.fullmatch(UUID, text) is not None
    return 9 <= len(text) <= 21 and re.fullmatch(PHONE, text) is not None
