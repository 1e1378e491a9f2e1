"""Make the groups that the console's rights are usually given by. Groups of these names that exist are left alone."""

from django.apps import apps as installed
from django.contrib.auth.management import create_permissions
from django.contrib.contenttypes.management import create_contenttypes
from django.db import migrations

VIEW = (
    "view_job",
    "view_queue",
    "view_schedule",
    "view_operation",
    "view_errorgroup",
    "view_worker",
)
ON_CALL = (
    *VIEW,
    "retry_job",
    "bulk_retry_job",
    "cancel_job",
    "pause_queue",
    "run_schedule",
    "triage_errorgroup",
)
GROUPS = {
    "Jobs viewer": VIEW,
    "Support": ("view_job", "view_errorgroup", "retry_job"),
    "On-call": ON_CALL,
    "Jobs admin": (*ON_CALL, "view_job_args", "edit_retry_job", "change_queue", "add_schedule", "change_schedule"),
}


def make(apps, schema_editor):
    """Make the groups; their permissions first, which Django makes only after the last migration."""
    database = schema_editor.connection.alias
    config = installed.get_app_config("jobs")
    create_contenttypes(config, verbosity=0, using=database, apps=apps)
    _create_permissions(config, apps, database)
    group_model, permission_model = apps.get_model("auth", "Group"), apps.get_model("auth", "Permission")
    for name, codenames in GROUPS.items():
        group, created = group_model.objects.using(database).get_or_create(name=name)
        if created:
            found = permission_model.objects.using(database).filter(
                content_type__app_label="jobs", codename__in=codenames
            )
            group.permissions.set(found)


def _create_permissions(config, apps, database):
    # With the models of this state; `create_permissions` reads them from its app configuration.
    state = apps.get_app_config("jobs")
    before, state.models_module = getattr(state, "models_module", None), config.models_module
    try:
        create_permissions(state, verbosity=0, using=database, apps=apps)
    finally:
        state.models_module = before


class Migration(migrations.Migration):

    dependencies = [
        ("jobs", "0005_operations_are_kept"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]

    operations = [migrations.RunPython(make, migrations.RunPython.noop)]
