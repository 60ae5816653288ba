"""Files of users for ad platforms: normalised as each documents it, hashed with SHA-256, so that no
address and no number leaves the account.

Meta, "Customer File Custom Audiences" (developers.facebook.com/docs/marketing-api/audiences/guides/
custom-audiences, section Hashing) and "How to format a customer list" (facebook.com/business/help/
2082575038703844). Google, "Format your customer data file" (support.google.com/google-ads/answer/
7659867) and "Format user data" of the Data Manager API (developers.google.com/data-manager/api/
devguides/concepts/formatting). Read in November 2026.
"""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from .contacts import email_of, phone_of

Platform = Literal["meta_audience", "google_customer_match"]
User = Mapping[str, str | None]
"""email, phone, first_name, last_name, country, zip; any of them may be absent."""

META_COLUMNS = ("email", "phone", "fn", "ln", "zip", "country")
GOOGLE_COLUMNS = ("Email", "Phone", "First Name", "Last Name", "Country", "Zip")
GMAIL = ("gmail.com", "googlemail.com")


@dataclass(frozen=True)
class Written:
    """Rows of a file, and users left out because nothing of them can be matched."""

    rows: int
    unmatched: int


def meta_row(user: User, country_code: str | None = None) -> tuple[str, ...]:
    """Cells of META_COLUMNS: all hashed, empty where there is nothing."""
    email = email_of(user.get("email"))
    phone = phone_of(user.get("phone"), country_code)
    country = _country(user.get("country"))
    postcode = re.sub(r"\s", "", (user.get("zip") or "").lower())
    if country == "us":
        postcode = postcode.split("-")[0][:5]
    return tuple(
        _hashed(value)
        for value in (
            email.lower() if email else "",
            phone or "",
            _letters(user.get("first_name")),
            _letters(user.get("last_name")),
            postcode,
            country,
        )
    )


def google_row(user: User, country_code: str | None = None) -> tuple[str, ...]:
    """Cells of GOOGLE_COLUMNS: country and postcode as they are, the others hashed. A postal
    address is matched as a whole, so one with a part missing is left out."""
    phone = phone_of(user.get("phone"), country_code)
    names = [_spaced(user.get("first_name")), _spaced(user.get("last_name"))]
    place = [_country(user.get("country")).upper(), _postcode(user.get("zip"))]
    if not all((*names, *place)):
        names, place = ["", ""], ["", ""]
    hashed = (google_email(user.get("email")), f"+{phone}" if phone else "", *names)
    return (*map(_hashed, hashed), *place)


def google_email(text: str | None) -> str:
    """Lower case; at Gmail the dots before the @ go, and a plus with what follows it."""
    local, _, domain = (email_of(text) or "").lower().rpartition("@")
    if not domain:
        return ""
    if domain in GMAIL:
        local = local.split("+")[0].replace(".", "")
    return f"{local}@{domain}"


ROWS: dict[Platform, tuple[tuple[str, ...], Callable[[User, str | None], tuple[str, ...]]]] = {
    "meta_audience": (META_COLUMNS, meta_row),
    "google_customer_match": (GOOGLE_COLUMNS, google_row),
}


def write_ad_audience(
    users: Iterable[User], platform: Platform, path: Path, country_code: str | None = None
) -> Written:
    """Write users as a gzipped CSV file, in their order; the same users give the same bytes.

    `country_code` (digits, such as 49) is that of phone numbers without one. Users of whom nothing
    is left that the platform matches by are left out and counted.
    """
    columns, row_of = ROWS[platform]
    written = unmatched = 0
    with (
        path.open("wb") as raw,
        gzip.GzipFile(fileobj=raw, mode="wb", filename="", mtime=0) as packed,
        io.TextIOWrapper(packed, "utf-8", newline="") as text,
    ):
        rows = csv.writer(text)
        rows.writerow(columns)
        for user in users:
            cells = row_of(user, country_code)
            if _matches(cells, platform):
                rows.writerow(cells)
                written += 1
            else:
                unmatched += 1
    return Written(written, unmatched)


def matched(user: User, platform: Platform, country_code: str | None = None) -> bool:
    """Whether there is anything of a user that the platform matches by."""
    return _matches(ROWS[platform][1](user, country_code), platform)


def _matches(cells: tuple[str, ...], platform: Platform) -> bool:
    """An address or a number; for Google a whole postal address does as well."""
    return bool(cells[0] or cells[1] or (platform == "google_customer_match" and cells[2]))


def _hashed(value: str) -> str:
    return hashlib.sha256(value.encode()).hexdigest() if value else ""


def _letters(text: str | None) -> str:
    """Meta's names: lower case, letters alone, those with accents too."""
    normal = unicodedata.normalize("NFC", text or "").lower()
    return "".join(c for c in normal if unicodedata.category(c)[0] in "LM")


def _spaced(text: str | None) -> str:
    """Google's names: lower case, no space at the ends, single ones within."""
    return " ".join(unicodedata.normalize("NFC", text or "").lower().split())


def _country(text: str | None) -> str:
    """ISO 3166-1 alpha-2 in lower case; nothing for anything else."""
    code = (text or "").strip().lower()
    return code if re.fullmatch(r"[a-z]{2}", code) else ""


def _postcode(text: str | None) -> str:
    """Letters, digits, spaces and hyphens as they are; nothing a spreadsheet would calculate."""
    code = " ".join((text or "").split())
    return code if re.fullmatch(r"[0-9A-Za-z][0-9A-Za-z -]{0,11}", code) else ""
