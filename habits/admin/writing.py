"""Forms of the admin whose rows are written by services."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Model
from django.http import HttpRequest

from focusjobs.console.lists import KeysetAdmin
from habits.models import Habit


class ServiceForm(forms.ModelForm):
    """A form whose row a service writes, so that its errors show in the form and nothing that depends on it is missed.

    The admin validates and saves in one transaction, so writing as the last step of validation loses nothing.
    """

    def write(self, values: dict[str, Any]) -> Model:
        """Call the service and give the row. Raises `ValidationError`."""
        raise NotImplementedError

    def _post_clean(self) -> None:
        super()._post_clean()  # type: ignore[misc]  # not in the stubs
        if self.errors:
            return
        try:
            self.instance = self.write(self.cleaned_data)
        except ValidationError as error:
            for name, errors in error.update_error_dict({}).items():
                self.add_error(name if name in self.fields else None, errors)
        except Habit.DoesNotExist:
            self.add_error(None, "This habit is deleted; until its person restores it, nothing of it can be changed.")


class ServiceAdmin(KeysetAdmin):
    """An admin whose form has written the row by the time the admin would save it."""

    def save_model(self, request: HttpRequest, obj: Model, form: Any, change: bool) -> None:
        """Do nothing: the form's service wrote it."""
