"""What is taken for personal by its name, and by what its values look like."""

from __future__ import annotations

import duckdb
import pytest

from intent_segments.events.learning import IDENTIFYING
from intent_segments.lake.personal import identifies, is_personal

PERSONAL = """
    email e-mail E_Mail emailAddress billing_email workEmail work_e_mail contact.e_mail
    phone home_phone homePhone HOMEPHONE mobile_phone mobile_number phone_number phone2
    contact.mobile address postal_address address.street address.line_1 shippingAddress ip_address
    given_name family_name middle_name maiden_name first-name customer_name contact_name
    customer.name billing_first_name preferred_username nick nickname picture sub birthdate dob
    dateOfBirth ssn user.userId merged_into cardholder_name FIRSTNAME
"""
USABLE = """
    product_name plan_name event_name company_name company.name group.name browser_name plan.name
    has_phone is_mobile hasEmail contact.has_phone_number email_verified phone_type smartphone
    voicemail address.city address.country birth_year street_food nicklas emails_opened number 2026
    zoneinfo locale gender product_display_name subscription
"""


@pytest.mark.parametrize("name", PERSONAL.split())
def test_a_name_says_that_values_identify_a_person(name):
    assert is_personal(name, of_trait=True) and is_personal(name, of_trait=False)


@pytest.mark.parametrize("name", USABLE.split())
def test_names_of_things_and_flags_stay_usable(name):
    assert not is_personal(name, of_trait=True) and not is_personal(name, of_trait=False)


@pytest.mark.parametrize("name", ["name", "Name", "display_name", "displayName"])
def test_a_bare_name_is_a_persons_as_a_trait_and_a_things_as_a_property(name):
    assert is_personal(name, of_trait=True) and not is_personal(name, of_trait=False)


@pytest.mark.parametrize(
    ("text", "personal"),
    [
        ("ann@shop.example", True),
        ("00000000-0000-4000-8000-000000000000", True),
        ("+41 79 000 00 00", True),
        ("0791234567", True),
        ("079 123 45 67", True),
        ("044-123-4567", True),
        ("(030) 1234567", True),
        ("31-10-2026", False),
        ("10-31-2026", False),
        ("1 10 2026", False),
        ("2026-10-31", False),
        ("2026-10-31 08", False),
        ("31.10.2026", False),
        ("Berlin-Mitte", False),
    ],
)
def test_values_look_like_personal_data_to_models_and_to_the_catalogue_alike(text, personal):
    assert identifies(text) is personal
    sql = f"SELECT {IDENTIFYING} FROM (SELECT ? AS text, 'string' AS kind, NULL AS number)"
    assert duckdb.execute(sql, [text]).fetchall() == [(personal,)]
