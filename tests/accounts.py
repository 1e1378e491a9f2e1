"""Accounts with the rights of each kind of operator."""

from __future__ import annotations

from django.contrib.auth.models import Permission

from habits.models import User
from tests.factories import UserFactory

PASSWORD = "a long enough password"


def person(*rights: str, staff: bool = True, superuser: bool = False) -> User:
    """An account that can log in, with rights such as `jobs.view_job`."""
    user: User = UserFactory(is_staff=staff, is_superuser=superuser)
    user.set_password(PASSWORD)
    user.save()
    for right in rights:
        label, codename = right.split(".")
        user.user_permissions.add(Permission.objects.get(content_type__app_label=label, codename=codename))
    return user


def superuser() -> User:
    return person(superuser=True)


def viewer() -> User:
    return person("jobs.view_job")


def operator() -> User:
    return person("jobs.view_job", "jobs.retry_job", "jobs.cancel_job")
