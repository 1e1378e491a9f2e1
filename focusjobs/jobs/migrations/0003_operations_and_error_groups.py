"""What the console needs: operations, error groups, workers, saved filters, and what links jobs to them."""

import django.contrib.postgres.fields
import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('jobs', '0002_vacuum_often'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Release',
            fields=[
                ('name', models.CharField(max_length=100, primary_key=True, serialize=False)),
                ('first_seen', models.DateTimeField()),
            ],
            options={
                'default_permissions': (),
            },
        ),
        migrations.CreateModel(
            name='Uncounted',
            fields=[
                ('attempt_id', models.BigIntegerField(primary_key=True, serialize=False)),
            ],
            options={
                'verbose_name_plural': 'uncounted',
            },
        ),
        migrations.CreateModel(
            name='Worker',
            fields=[
                ('name', models.CharField(help_text="Celery's name of it.", max_length=200, primary_key=True, serialize=False)),
                ('host', models.CharField(max_length=200)),
                ('pid', models.PositiveIntegerField()),
                ('processes', django.contrib.postgres.fields.ArrayField(base_field=models.PositiveIntegerField(), default=list, help_text='Those of its pool.', size=None)),
                ('queues', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=100), default=list, size=None)),
                ('concurrency', models.PositiveIntegerField(default=1)),
                ('release', models.CharField(blank=True, max_length=100)),
                ('memory', models.PositiveBigIntegerField(help_text='Bytes, of all its processes.', null=True)),
                ('started_at', models.DateTimeField()),
                ('seen_at', models.DateTimeField()),
                ('stopped_at', models.DateTimeField(help_text='When it stopped in good order.', null=True)),
            ],
            options={
                'default_permissions': ('view',),
            },
        ),
        migrations.AlterModelOptions(
            name='job',
            options={'default_permissions': ('view',), 'permissions': (('view_job_args', 'Can see personal arguments of jobs'), ('retry_job', 'Can retry job'), ('bulk_retry_job', 'Can retry many jobs at once'), ('edit_retry_job', 'Can retry job with other arguments'), ('cancel_job', 'Can cancel job'))},
        ),
        migrations.AlterModelOptions(
            name='queue',
            options={'permissions': (('pause_queue', 'Can pause queue'),)},
        ),
        migrations.AddField(
            model_name='attempt',
            name='release',
            field=models.CharField(db_default='', help_text='What the worker ran.', max_length=100),
        ),
        migrations.AddField(
            model_name='job',
            name='due_at',
            field=models.DateTimeField(help_text='When it was to run at first, where that has been put off.', null=True),
        ),
        migrations.AddField(
            model_name='queue',
            name='expected_wait',
            field=models.DurationField(blank=True, help_text='How long a due job may wait at most.', null=True),
        ),
        migrations.CreateModel(
            name='ErrorGroup',
            fields=[
                ('id', models.BigIntegerField(primary_key=True, serialize=False)),
                ('task', models.CharField(max_length=200)),
                ('exception', models.CharField(help_text='Its class, with the module.', max_length=200)),
                ('message', models.CharField(blank=True, help_text='With what differs from job to job taken out.', max_length=500)),
                ('frame', models.CharField(blank=True, help_text="The innermost place of the project's own code.", max_length=300)),
                ('jobs', models.PositiveBigIntegerField(db_default=0, help_text='Jobs that met it.')),
                ('attempts', models.PositiveBigIntegerField(db_default=0, help_text='Attempts that ended in it.')),
                ('failed', models.PositiveBigIntegerField(db_default=0, help_text='Times that a job ended in it for good.')),
                ('users', models.PositiveBigIntegerField(db_default=0, help_text='People hit; up to a cap.')),
                ('first_seen', models.DateTimeField()),
                ('last_seen', models.DateTimeField()),
                ('first_release', models.CharField(blank=True, max_length=100)),
                ('last_release', models.CharField(blank=True, max_length=100)),
                ('last_job_id', models.BigIntegerField(help_text='The job that met it last.', null=True)),
                ('last_error', models.TextField(db_default='', help_text='What it said then, in one line.')),
                ('state', models.CharField(choices=[('open', 'open'), ('fixed', 'fixed'), ('ignored', 'ignored')], db_default='open', max_length=8)),
                ('fixed_in', models.CharField(db_default='', help_text='The release that mends it.', max_length=100)),
                ('fixed_at', models.DateTimeField(null=True)),
                ('ignored_until', models.DateTimeField(help_text='Empty: for good.', null=True)),
                ('regressed_at', models.DateTimeField(help_text='When it was met again after it was said to be mended.', null=True)),
                ('regressed_in', models.CharField(db_default='', max_length=100)),
                ('note', models.TextField(db_default='')),
                ('assignee', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'permissions': (('triage_errorgroup', 'Can triage error group'),),
                'default_permissions': ('view',),
                'indexes': [
                    models.Index(fields=['state', '-last_seen'], name='errorgroup_latest'),
                    models.Index(fields=['-last_seen'], name='errorgroup_last_seen'),
                    models.Index(fields=['task', '-last_seen'], name='errorgroup_of_task'),
                    models.Index(condition=models.Q(('state', 'ignored')), fields=['ignored_until'], name='errorgroup_ignored'),
                ],
            },
        ),
        migrations.AddField(
            model_name='attempt',
            name='error_group',
            field=models.ForeignKey(db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='jobs.errorgroup'),
        ),
        migrations.AddField(
            model_name='job',
            name='error_group',
            field=models.ForeignKey(db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='jobs.errorgroup'),
        ),
        migrations.CreateModel(
            name='ErrorHour',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('hour', models.DateTimeField()),
                ('jobs', models.PositiveBigIntegerField(db_default=0)),
                ('attempts', models.PositiveBigIntegerField(db_default=0)),
                ('group', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='hours', to='jobs.errorgroup')),
            ],
            options={
                'indexes': [
                    models.Index(fields=['hour'], name='errorhour_hour'),
                ],
                'constraints': [
                    models.UniqueConstraint(fields=('group', 'hour'), name='errorhour_once'),
                ],
            },
        ),
        migrations.CreateModel(
            name='ErrorUser',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('group', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='people', to='jobs.errorgroup')),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'constraints': [
                    models.UniqueConstraint(fields=('group', 'user'), name='erroruser_once'),
                ],
            },
        ),
        migrations.CreateModel(
            name='Operation',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('action', models.CharField(max_length=30)),
                ('state', models.CharField(choices=[('previewed', 'previewed'), ('running', 'running'), ('canary', 'waiting for its canaries'), ('holding', 'holding'), ('undoing', 'undoing'), ('finished', 'finished'), ('stopped', 'stopped'), ('undone', 'undone')], db_default='previewed', max_length=10)),
                ('actor_name', models.CharField(help_text='Stays when the account is deleted.', max_length=254)),
                ('source', models.CharField(choices=[('admin', 'the admin'), ('command', 'the command line'), ('api', 'the API')], max_length=8)),
                ('ip', models.GenericIPAddressField(null=True)),
                ('request_id', models.CharField(blank=True, max_length=128)),
                ('reason', models.CharField(blank=True, max_length=500)),
                ('filter', models.CharField(blank=True, help_text='The jobs it is about, in the filter language.', max_length=1000)),
                ('subject', models.CharField(blank=True, help_text='What it is about, where that is no jobs.', max_length=300)),
                ('details', models.JSONField(default=dict, help_text='What the action takes: a time, a priority, old and new values.')),
                ('newest', models.BigIntegerField(db_default=0, help_text='The newest job at the preview; later ones stay out.')),
                ('as_of', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), help_text='Jobs that began or ended after this stay out.')),
                ('canary', models.PositiveIntegerField(default=0, help_text='Jobs that go first; 0: none.')),
                ('canary_share', models.FloatField(default=0.2, help_text='Part of them that may fail again.')),
                ('rate', models.FloatField(help_text='Jobs that become due in a second.', null=True)),
                ('hold', models.DurationField(help_text='How long what was retried waits, so that it can be undone.', null=True)),
                ('anyway', models.BooleanField(default=False, help_text='Also jobs that are no longer worth running.')),
                ('expected', models.JSONField(default=dict, help_text='What the preview counted.')),
                ('after', models.BigIntegerField(db_default=0, help_text='The last job it has looked at.')),
                ('seen', models.PositiveBigIntegerField(db_default=0)),
                ('done', models.PositiveBigIntegerField(db_default=0, help_text='Jobs that it changed.')),
                ('skipped', models.JSONField(default=dict, help_text='Jobs that it left alone, by reason.')),
                ('restored', models.PositiveBigIntegerField(db_default=0, help_text='Jobs put back as they were.')),
                ('completed', models.PositiveBigIntegerField(db_default=0, help_text='Changed jobs that have completed since.')),
                ('failed_again', models.PositiveBigIntegerField(db_default=0, help_text='Changed jobs that have failed since.')),
                ('cancelled', models.PositiveBigIntegerField(db_default=0, help_text='Changed jobs that were cancelled since.')),
                ('message', models.CharField(db_default='', help_text='Why it was stopped, by whom it was undone.', max_length=500)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('started_at', models.DateTimeField(null=True)),
                ('release_at', models.DateTimeField(help_text='When the first of what it retried becomes due.', null=True)),
                ('hold_until', models.DateTimeField(help_text='Until then all of it can be undone.', null=True)),
                ('finished_at', models.DateTimeField(null=True)),
                ('settled_at', models.DateTimeField(help_text='When all that it changed had ended.', null=True)),
                ('wake_at', models.DateTimeField(help_text='When it is to be looked at again.', null=True)),
                ('actor', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('repeats', models.ForeignKey(help_text='Whose rest it does.', null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='repeated_by', to='jobs.operation')),
            ],
            options={
                'ordering': ('-id',),
                'default_permissions': ('view',),
                'indexes': [
                    models.Index(condition=models.Q(('wake_at__isnull', False)), fields=['wake_at'], name='operation_wake'),
                    models.Index(fields=['actor', '-id'], name='operation_of_actor'),
                ],
            },
        ),
        migrations.CreateModel(
            name='OperationJob',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('fence', models.PositiveBigIntegerField(help_text="The job's after the change; while it stands nobody else moved it.")),
                ('before', models.JSONField(help_text='What the change replaced; none where it cannot be put back.', null=True)),
                ('error_group_id', models.BigIntegerField(help_text="The job's before the change.", null=True)),
                ('is_canary', models.BooleanField(db_default=False)),
                ('outcome', models.CharField(choices=[('completed', 'completed'), ('failed', 'failed'), ('cancelled', 'cancelled'), ('restored', 'put back'), ('other', 'changed by somebody else')], max_length=9, null=True)),
                ('job', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='operations', to='jobs.job')),
                ('operation', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='jobs', to='jobs.operation')),
            ],
            options={
                'default_permissions': (),
                'indexes': [
                    models.Index(condition=models.Q(('outcome', None)), fields=['operation', 'job'], name='operationjob_open'),
                ],
                'constraints': [
                    models.UniqueConstraint(fields=('operation', 'job'), name='operationjob_once'),
                ],
            },
        ),
        migrations.CreateModel(
            name='SavedFilter',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=100)),
                ('query', models.CharField(max_length=1000)),
                ('shared', models.BooleanField(default=False, help_text='Shown to everybody who may look at jobs.')),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('owner', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ('name', 'id'),
                'default_permissions': (),
                'constraints': [
                    models.UniqueConstraint(fields=('owner', 'name'), name='savedfilter_name'),
                ],
            },
        ),
    ]
