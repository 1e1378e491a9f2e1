"""Encrypts devices' addresses anew after a key was added."""

from __future__ import annotations

from collections.abc import Iterator

from django.db import transaction

from notifications import clock
from notifications.addresses import Undecipherable, current_key_id, opened, sealed
from notifications.models import Device

AT_ONCE = 500


def renew_keys() -> Iterator[int]:
    """Encrypt with the first key what was encrypted with another; give the number of rows done, batch by batch.

    It can be stopped and begun again at any time, and runs beside registrations. What cannot be read is retired: the
    app registers again at its next start.
    """
    last = 0
    while found := _some(last):
        last = found[-1]
        yield _renew(found)


def _some(last: int) -> list[int]:
    rows = Device.objects.filter(pk__gt=last).exclude(address="").exclude(address__startswith=f"{current_key_id()}.")
    return list(rows.order_by("pk").values_list("pk", flat=True)[:AT_ONCE])


@transaction.atomic
def _renew(numbers: list[int]) -> int:
    devices = list(Device.objects.select_for_update().filter(pk__in=numbers).exclude(address="").order_by("pk"))
    for device in devices:
        try:
            device.address, device.address_hash = sealed(opened(device.address, device.address_hash))
        except Undecipherable:
            device.address, device.state, device.retired_at = "", Device.State.RETIRED, clock.now()
            device.retired_reason = Device.Reason.UNREADABLE
    Device.objects.bulk_update(devices, ["address", "address_hash", "state", "retired_reason", "retired_at"])
    return len(devices)
