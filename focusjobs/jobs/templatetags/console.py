"""Template tags of the console."""

from __future__ import annotations

from django import template

from ..admin.times import moment

register = template.Library()
register.simple_tag(moment)
