"""What identifies a person: names of traits and properties, and what their values look like.

Such values are neither offered in the catalogue nor learnt from.
"""

from __future__ import annotations

import re

_NAMES = """
    email emailaddress mail phone phonenumber mobile telephone firstname lastname fullname
    surname username nickname nick avatar picture street address streetaddress addressline
    birthday birthdate dateofbirth dob ssn ip ipaddress userid anonymousid customerid deviceid
    idfa advertisingid sub iban mergedinto homephone workphone cellphone mobilephone
    mobilenumber homeaddress postaladdress"""
PERSONAL_NAMES = frozenset(_NAMES.split())
"""Names, without case and signs, whose values are never looked at: the traits that Segment's spec
and the standard claims of OpenID Connect (Core 1.0, 5.1) reserve for what identifies a person, and
their usual other spellings. `merged_into` is another id of a user."""

NAMES_OF_THINGS_TOO = frozenset({"name", "displayname"})
"""Personal as a trait; as the property of an event they name a thing."""

_PERSONS = """
    first last given family middle maiden full legal birth real preferred sur user nick customer
    contact member guest patient passenger traveler traveller driver recipient cardholder owner
    employee student parent mother father spouse child person"""
NAMES_OF_PERSONS = tuple(f"{person}name" for person in _PERSONS.split())
"""How names end that hold the name of somebody; those of products, plans and companies do not."""
NUMBERS = ("phonenumber", "mobilenumber")
REACHED_BY = frozenset({"phone", "telephone", "email", "address"})
"""Last words of names for where somebody is reached: `home_phone`, `billingEmail`."""
FLAGS = frozenset({"has", "is", "can", "wants", "uses"})
"""First words of what is but true or false: `has_phone`."""
WORD = re.compile("[A-Z]?[a-z]+|[A-Z]+(?![a-z])")

E_MAIL = r"[^@\s]@[^@\s]+[.][^@\s]+"
"""Somewhere in a text. What stands before the sign is one character here: more would be a search
that goes back and forth."""
UUID = "[0-9a-fA-F-]{32,36}"
PHONE = "[+][0-9 ()./-]{8,20}|[0-9]{10,15}|[(]?[0-9]{2,5}[)]?[ /-][0-9 -]{7,14}"
"""A whole text of 9 to 21 characters (E.164: 15 digits at most), if it is no day (DAY)."""
_PART = "(0?[1-9]|[12][0-9]|3[01])"
_YEAR = "(19|20)[0-9]{2}"
DAY = f"{_PART}[ /-]{_PART}[ /-]{_YEAR}|{_YEAR}[ /-]{_PART}[ /-]{_PART}([ -][0-9]{{2}})?"
"""A whole text such as 31-10-2026 or 2026-10-31 08."""
LEAST_ID, ABOVE_IDS = 1e9, 1e15
"""Whole numbers of 10 to 15 digits are phone numbers, ids or instants rather than amounts."""


def is_personal(name: str, of_trait: bool) -> bool:
    """Whether the name alone says that values identify a person. Of a path such as
    `address.street` the last part is looked at as well."""
    whole = _plain(name)
    if whole in NAMES_OF_THINGS_TOO:
        return of_trait
    last = name.rpartition(".")[2]
    if whole in PERSONAL_NAMES or _plain(last) in PERSONAL_NAMES:
        return True
    words = [word.casefold() for word in WORD.findall(last)]
    if not words or words[0] in FLAGS:
        return False
    reached = words[-1] in REACHED_BY or words[-2:] == ["e", "mail"]
    return reached or whole.endswith(NAMES_OF_PERSONS) or whole.endswith(NUMBERS)


def _plain(name: str) -> str:
    return re.sub(r"[^a-z]", "", name.casefold())


def identifies(text: str) -> bool:
    """Whether a text looks like an e-mail address, a UUID or a phone number."""
    if "@" in text:
        return re.search(E_MAIL, text) is not None
    if 32 <= len(text) <= 36:
        return re.fullmatch(UUID, text) is not None
    if not 9 <= len(text) <= 21 or re.fullmatch(PHONE, text) is None:
        return False
    return re.fullmatch(DAY, text) is None
