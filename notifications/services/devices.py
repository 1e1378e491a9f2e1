"""Registers phones and browsers."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypedDict, Unpack

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction

from habits.models import User, assign
from habits.services.seen import Seen, require_seen
from notifications import clock
from notifications.addresses import Address, digests_of, sealed
from notifications.models import Device
from notifications.selectors.devices import devices_of
from notifications.selectors.versions import version_of
from notifications.selectors.ways import kind_of, ways_to
from notifications.tasks import keep_reminders
from notifications.transports import InvalidMessage, SubscriptionKeys
from notifications.transports.apns.message import ADDRESS as APNS_ADDRESS
from notifications.transports.webpush.encryption import Recipient
from notifications.transports.webpush.endpoint import KNOWN_HOSTS, endpoint_of

MOST_DEVICES = 10
"""Of one person that are sent to; with one more, that which was not seen for longest is retired."""


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


class DeviceFields(TypedDict, total=False):
    """What can be changed of a device; meanings as in `notifications.models.Device`."""

    locale: str
    timezone: str
    app_version: str


@transaction.atomic
def register_device(*, user: User, new: NewDevice) -> tuple[Device, bool]:
    """Note that an app can be sent to, and tell True if it was not known. Done at each start of the app.

    An address that another person's app had is theirs no more: the phone has changed hands, or accounts.
    """
    way = _way_to(new)
    _check(new, way)
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
def update_device(*, device: Device, seen: Seen = None, **fields: Unpack[DeviceFields]) -> Device:
    """Change what a device says of itself, while its address stays. Raises `OutOfDate`."""
    current = _current(device, seen)
    changed = assign(current, fields)
    current.clean_fields(exclude={field.name for field in Device._meta.fields} - changed)
    current.save(update_fields=changed)
    return current


@transaction.atomic
def remove_device(*, device: Device, seen: Seen = None) -> None:
    """Send nothing more to a device; its address is forgotten. Raises `OutOfDate`."""
    if _current(device, seen).state == Device.State.ACTIVE:
        _retire([device.pk], Device.Reason.REMOVED, clock.now())


def _current(device: Device, seen: Seen) -> Device:
    """Give the device as it is now. Raises `Device.DoesNotExist` also where it was handed over meanwhile."""
    current = Device.objects.select_for_update().get(pk=device.pk, user=device.user_id)
    require_seen(version_of(current), seen)
    return current


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


def _check(new: NewDevice, way: str) -> None:
    """Refuse an address that cannot be one; no server is talked to that is not on the list."""
    try:
        if kind_of(way) == "webpush":
            endpoint_of(new.address, settings.PUSH_TRANSPORTS[way].get("hosts") or KNOWN_HOSTS)
            Recipient.from_keys(new.keys or SubscriptionKeys("", ""))
        elif kind_of(way) == "apns" and not APNS_ADDRESS.fullmatch(new.address):
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
    active = devices_of(user).filter(state=Device.State.ACTIVE)
    _retire([device.pk for device in active[MOST_DEVICES:]], Device.Reason.REPLACED, now)


def _retire(numbers: Iterable[int], reason: str, now: datetime) -> None:
    retired = {"state": Device.State.RETIRED, "retired_reason": reason, "retired_at": now, "address": ""}
    Device.objects.filter(pk__in=numbers).update(**retired)
