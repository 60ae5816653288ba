"""Destinations as their owner makes, changes and sees them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from ..delivery.destination import Destination
from ..delivery.kinds import Context, WebhookSettings
from ..delivery.signature import SigningSecret, retired, rotated
from ..delivery.urls import Rules
from ..errors import Conflict, InvalidInput, Misconfigured
from ..store.stores import Stores
from .engagements import users_of_destination

Random = Callable[[int], bytes]

BY_OWNER = "Disabled by its owner."
SECRET_BYTES = 32


def create(
    stores: Stores,
    document: Mapping[str, Any],
    destination_id: str,
    random: Random,
    now: datetime,
    caller: str | None,
) -> dict[str, Any]:
    """Save {name, kind, settings}; the destination, with the `secret` that was made for it, which
    is shown this once (None where the caller brought secrets, or the kind has none).

    Raises InvalidInput.
    """
    made = Destination.parse(destination_id, document, Context(rules(stores), random))
    at = now.isoformat()
    kept = made.kept() | {"created_at": at, "updated_at": at, "created_by": caller}
    stores.destinations.put(kept)
    secret = None
    if isinstance(made.settings, WebhookSettings) and not document["settings"].get("secrets"):
        secret = made.settings.secrets[0].reveal()
    return Destination.of_kept(kept).shown() | {"secret": secret}


def page(stores: Stores, limit: int, after: str | None) -> tuple[list[dict[str, Any]], bool]:
    """Destinations in the order they were made; whether more follow."""
    found, more = stores.destinations.page(limit, after)
    return [Destination.of_kept(kept).shown() for kept in found], more


def show(stores: Stores, destination_id: str) -> dict[str, Any]:
    """Raises NotFound."""
    return _found(stores, destination_id)[0].shown()


def change(
    stores: Stores, destination_id: str, changes: Mapping[str, Any], now: datetime
) -> dict[str, Any]:
    """Set `name`, `enabled`, or `settings`, which take the place of the old ones as a whole; the
    signing secrets stay. Raises NotFound, InvalidInput, Raced."""
    if not changes:
        raise InvalidInput("Nothing to change: give name, settings or enabled.")
    present, version = _found(stores, destination_id)
    wanted = {key: value for key, value in changes.items() if key in ("name", "enabled")}
    if "enabled" in wanted and wanted["enabled"] != present.enabled:
        wanted["reason"] = None if wanted["enabled"] else BY_OWNER
    if "settings" in changes:
        context = Context(rules(stores), _no_randomness)
        wanted["settings"] = present.settings.changed(changes["settings"], context).kept()
    return _changed(stores, destination_id, version, wanted, now)


def delete(stores: Stores, destination_id: str) -> None:
    """Raises NotFound, Conflict while an engagement at work sends to it."""
    using = users_of_destination(stores, destination_id)
    if using:
        raise Conflict(
            f"{', '.join(using)} still send to {destination_id}: stop them first "
            "(POST /v1/engagements/{id}/stop), or disable the destination."
        )
    stores.destinations.delete(destination_id)


def rotate_secret(
    stores: Stores, destination_id: str, given: str | None, random: Random, now: datetime
) -> dict[str, Any]:
    """Sign with a fresh secret, or the one `given`, beside the older ones until they are retired.

    The destination, with the new `secret`, which is shown this once. Raises NotFound, Conflict for
    a kind that signs nothing, InvalidInput, also for too many secrets at work, Raced.
    """
    settings, version = _signing(stores, destination_id)
    try:
        fresh = SigningSecret(random(SECRET_BYTES)) if given is None else SigningSecret.parse(given)
    except InvalidInput as wrong:
        raise InvalidInput.at("secret", wrong.message) from None
    if fresh in settings.secrets:
        raise InvalidInput.at("secret", "secret signs already: leave it out to get a fresh one")
    signing = replace(settings, secrets=rotated(settings.secrets, fresh))
    changed = _changed(stores, destination_id, version, {"settings": signing.kept()}, now)
    return changed | {"secret": fresh.reveal()}


def retire_secrets(stores: Stores, destination_id: str, now: datetime) -> dict[str, Any]:
    """Sign with the newest secret alone. Raises NotFound, Conflict, Raced."""
    settings, version = _signing(stores, destination_id)
    signing = replace(settings, secrets=retired(settings.secrets))
    return _changed(stores, destination_id, version, {"settings": signing.kept()}, now)


def rules(stores: Stores) -> Rules:
    """What webhooks may reach. Raises Misconfigured."""
    try:
        return Rules.parse(stores.settings.allowed_hosts)
    except InvalidInput as wrong:
        raise Misconfigured.at("ALLOWED_HOSTS", wrong.message) from None


def _found(stores: Stores, destination_id: str) -> tuple[Destination, int]:
    kept, version = stores.destinations.get(destination_id)
    return Destination.of_kept(kept), version


def _signing(stores: Stores, destination_id: str) -> tuple[WebhookSettings, int]:
    found, version = _found(stores, destination_id)
    if not isinstance(found.settings, WebhookSettings):
        raise Conflict(f"{destination_id} is of the kind {found.kind}: webhooks alone are signed.")
    return found.settings, version


def _changed(
    stores: Stores, destination_id: str, version: int, changes: Mapping[str, Any], now: datetime
) -> dict[str, Any]:
    kept = stores.destinations.change(
        destination_id, version, {**changes, "updated_at": now.isoformat()}
    )
    return Destination.of_kept(kept).shown()


def _no_randomness(count: int) -> bytes:
    raise AssertionError(f"{count} random bytes were asked for where secrets stay as they are")
