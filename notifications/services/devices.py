"""Registers phones and browsers."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction

from habits.models import User
from notifications import clock
from notifications.addresses import Address, digests_of, sealed
from notifications.models import Device
from notifications.selectors.people import devices_of
from notifications.tasks import keep_reminders
from notifications.transports import InvalidMessage, SubscriptionKeys
from notifications.transports.apns.message import ADDRESS as APNS_ADDRESS
from notifications.transports.webpush.encryption import Recipient
from notifications.transports.webpush.endpoint import KNOWN_HOSTS, endpoint_of

MOST_DEVICES = 10
"""Of one person that are sent to; with one more, that which was not seen for longest is retired."""

KINDS = {
    Device.Platform.ANDROID: ("fcm",),
    Device.Platform.IOS: ("apns", "fcm"),
    Device.Platform.WEB: ("webpush",),
}
"""The kinds of transports that reach a platform, the better one first."""

LOCAL_KINDS = ("file", "console")
"""Kinds that stand in for any of them where no provider is configured."""


@dataclass(frozen=True, kw_only=True)
class NewDevice:
    """What an app says of itself at its start."""

    platform: str
    address: str = field(repr=False)
    """A token, a Firebase installation id, or a browser's endpoint."""
    keys: SubscriptionKeys | None = None
    transport: str = ""
    """The name of the way to it, where the platform alone does not say."""
    app: str = ""
    sandbox: bool = False
    address_kind: str = "token"
    locale: str = ""
    timezone: str = ""
    app_version: str = ""

    @property
    def described(self) -> dict[str, Any]:
        """What is kept as it was said."""
        names = ("platform", "sandbox", "address_kind", "locale", "timezone", "app_version")
        return {name: getattr(self, name) for name in names}


@transaction.atomic
def register_device(*, user: User, new: NewDevice) -> tuple[Device, bool]:
    """Note that an app can be sent to, and tell True if it was not known. Done at each start of the app.

    An address that another person's app had is theirs no more: the phone has changed hands, or accounts.
    """
    way = _way_to(new)
    _check(new, _kind_of(way))
    User.objects.select_for_update(no_key=True).get(pk=user.pk)
    now = clock.now()
    ciphertext, digest = sealed(Address(new.address, *_keys(new)))
    standing = {**new.described, "user": user, "address": ciphertext, "address_hash": digest, **_alive(now)}
    device = _known(new, way)
    if created := device is None:
        made = [Device(transport=way, app=new.app, **standing)]
        Device.objects.bulk_create(made, ignore_conflicts=True)
        device = Device.objects.select_for_update().get(transport=way, app=new.app, address_hash=digest)
    assert device is not None  # noqa: S101 - it was found or made
    for name, value in standing.items():
        setattr(device, name, value)
    device.save()
    _retire_others(user, now)
    keep_reminders.using(unique_key=f"user:{user.pk}", unique_until="started", user=user).enqueue(user_id=user.pk)
    return device, created


@transaction.atomic
def remove_device(*, device: Device) -> None:
    """Send nothing more to a device; its address is forgotten."""
    active = Device.objects.filter(pk=device.pk, state=Device.State.ACTIVE)
    active.update(state=Device.State.RETIRED, retired_reason=Device.Reason.REMOVED, retired_at=clock.now(), address="")


def ways_to(platform: str) -> list[str]:
    """Give the configured transports that reach a platform, the best first."""
    kinds = KINDS[Device.Platform(platform)]
    real = [name for kind in kinds for name in settings.PUSH_TRANSPORTS if _kind_of(name) == kind]
    return real or [name for kind in LOCAL_KINDS for name in settings.PUSH_TRANSPORTS if _kind_of(name) == kind]


def _way_to(new: NewDevice) -> str:
    ways = ways_to(new.platform)
    if not ways:
        raise ValidationError({"platform": f"This server sends nothing to {Device.Platform(new.platform).label}."})
    if new.transport:
        if new.transport not in ways:
            raise ValidationError({"transport": f"One of {', '.join(ways)}, or nothing."})
        return new.transport
    of_app = [name for name in ways if new.app and settings.PUSH_TRANSPORTS[name].get("topic") == new.app]
    return (of_app or ways)[0]


def _kind_of(transport: str) -> str:
    return str(settings.PUSH_TRANSPORTS[transport].get("kind", transport))


def _check(new: NewDevice, kind: str) -> None:
    """Refuse an address that cannot be one; no server is talked to that is not on the list."""
    try:
        if kind == "webpush":
            hosts = next(iter(settings.PUSH_TRANSPORTS[name].get("hosts") for name in ways_to(new.platform)), None)
            endpoint_of(new.address, hosts or KNOWN_HOSTS)
            Recipient.from_keys(new.keys or SubscriptionKeys("", ""))
        elif kind == "apns" and not APNS_ADDRESS.fullmatch(new.address):
            raise InvalidMessage("bad_address", "An APNs device token is 32 to 100 bytes in hexadecimal.")
    except InvalidMessage as error:
        raise ValidationError({"address": ValidationError(str(error), code=error.code)}) from error


def _keys(new: NewDevice) -> tuple[str, str]:
    return (new.keys.p256dh, new.keys.auth) if new.keys else ("", "")


def _known(new: NewDevice, way: str) -> Device | None:
    rows = Device.objects.select_for_update().filter(transport=way, app=new.app)
    return rows.filter(address_hash__in=digests_of(new.address)).first()


def _alive(now: datetime) -> dict[str, Any]:
    return {
        "registered_at": now,
        "last_seen_at": now,
        "state": Device.State.ACTIVE,
        "retired_reason": "",
        "retired_at": None,
        "doubts": 0,
        "wait_until": None,
    }


def _retire_others(user: User, now: datetime) -> None:
    """Retire devices beyond `MOST_DEVICES`, those that were not seen for longest."""
    old = [device.pk for device in devices_of(user)[MOST_DEVICES:]]
    replaced = {"state": Device.State.RETIRED, "retired_reason": Device.Reason.REPLACED, "retired_at": now}
    Device.objects.filter(pk__in=old).update(**replaced, address="")
