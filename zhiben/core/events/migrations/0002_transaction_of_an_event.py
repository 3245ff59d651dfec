"""Each event names the transaction that wrote it. The column comes without a default and is given one afterwards, for
new rows only: a table of a million rows is not written anew, as a default that differs from row to row would do."""

from django.db import migrations, models

import zhiben.core.events.models


def set_default(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(
            'ALTER TABLE events_outboxevent ALTER COLUMN "transaction" SET DEFAULT pg_current_xact_id()::text::bigint'
        )


def drop_default(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute('ALTER TABLE events_outboxevent ALTER COLUMN "transaction" DROP DEFAULT')


class Migration(migrations.Migration):
    dependencies = [("events", "0001_initial")]

    operations = [
        migrations.AddField(
            model_name="outboxevent",
            name="transaction",
            field=models.BigIntegerField(editable=False, null=True),
        ),
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunPython(set_default, drop_default)],
            state_operations=[
                migrations.AlterField(
                    model_name="outboxevent",
                    name="transaction",
                    field=models.BigIntegerField(
                        db_default=zhiben.core.events.models.CurrentTransaction(), editable=False, null=True
                    ),
                ),
            ],
        ),
        migrations.AddIndex(
            model_name="outboxevent",
            index=models.Index(fields=["transaction", "id"], name="events_in_order"),
        ),
    ]
