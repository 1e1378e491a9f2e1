"""Let nobody delete or rewrite what was done: the database refuses it, whoever asks.

What an operation was told is fixed once it has started; what it counts goes on. A preview that was never started may
go. An account that is deleted leaves the operation without its link, under the name that is kept beside it.
"""

from django.db import migrations

TOLD = (
    "action",
    "actor_name",
    "source",
    "ip",
    "request_id",
    "reason",
    "filter",
    "subject",
    "details",
    "newest",
    "as_of",
    "canary",
    "canary_share",
    "rate",
    "hold",
    "anyway",
    "expected",
    "created_at",
    "started_at",
)

KEEP = f"""
CREATE FUNCTION jobs_operation_is_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.state = 'previewed' THEN
        RETURN coalesce(NEW, OLD);
    END IF;
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'operation % is kept: what was done is not deleted', OLD.id
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    IF ROW({", ".join(f"NEW.{name}" for name in TOLD)}) IS DISTINCT FROM ROW({", ".join(f"OLD.{name}" for name in TOLD)})
       OR (NEW.actor_id IS DISTINCT FROM OLD.actor_id AND NEW.actor_id IS NOT NULL)
       OR (OLD.state IN ('stopped', 'undone') AND NEW.state <> OLD.state) THEN
        RAISE EXCEPTION 'operation % is kept: what was done is not rewritten', OLD.id
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER jobs_operation_is_kept BEFORE UPDATE OR DELETE ON jobs_operation
    FOR EACH ROW EXECUTE FUNCTION jobs_operation_is_kept();
"""

FORGET = "DROP TRIGGER jobs_operation_is_kept ON jobs_operation; DROP FUNCTION jobs_operation_is_kept();"


class Migration(migrations.Migration):

    dependencies = [("jobs", "0004_indexes_for_the_console")]

    operations = [migrations.RunSQL(KEEP, FORGET)]
