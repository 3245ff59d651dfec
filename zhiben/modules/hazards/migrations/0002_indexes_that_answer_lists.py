"""The indexes of lists carry what else lists ask of a row; indexes by which nobody asks are gone.

No table is copied, on SQLite either, and PostgreSQL builds without keeping writers waiting. Every step may be repeated: where
it was cut off, `migrate` is simply run again.
"""

from django.db import migrations, models
from django.db.migrations.operations.base import Operation
from django.db.models import Q

HOW_FAR = ["status", "level", "rectify_by"]
WHERE = ["region_path", "sector", "confidentiality"]

ANEW = (
    models.Index(fields=["level", "status", "-found_on", "-id", *WHERE], name="hazards_by_level"),
    models.Index(fields=["status", "rectify_by", "id", "found_on", *WHERE], name="hazards_by_status"),
    models.Index(
        fields=["region_path", "-found_on", "-id", *HOW_FAR, "sector", "confidentiality"], name="hazards_of_region"
    ),
    models.Index(fields=["supervising_unit", "-found_on", "-id", *HOW_FAR], name="hazards_of_supervising"),
    models.Index(fields=["closing_unit", "-found_on", "-id", *HOW_FAR], name="hazards_of_closing"),
    models.Index(fields=["found_by_unit", "-found_on", "-id", *HOW_FAR], name="hazards_of_finder"),
)
OF_WHAT_IS_SELDOM_SAID = (
    # in the words that SQLite understands: by `NOT (… IS NULL)` it never finds anything
    models.Index(fields=["closed_at"], name="hazards_by_closing", condition=Q(closed_at__isnull=False)),
    models.Index(fields=["transfer_to"], name="hazards_of_offered", condition=Q(transfer_to__isnull=False)),
    models.Index(fields=["criterion"], name="hazards_of_criterion", condition=Q(criterion__isnull=False)),
    models.Index(fields=["recurs_from"], name="hazards_of_recurring", condition=Q(recurs_from__isnull=False)),
    models.Index(fields=["duplicate_of"], name="hazards_of_duplicated", condition=Q(duplicate_of__isnull=False)),
)
UNASKED = (
    "site", "transfer_to", "criterion", "judged_by", "found_by", "reported_by", "rectified_by", "verified_by", "closed_by",
    "recurs_from", "duplicate_of",
)  # fmt: skip


class Indexes(Operation):
    """`anew`: made, in the place of what had the same name. `unasked`: keys that lose the index they have by themselves;
    `AlterField` would copy the table on SQLite to be rid of it. All in one, because every change of what the state knows
    makes a hundred models anew."""

    def __init__(self, model_name, *, anew=(), unasked=()):
        self.model_name, self.anew, self.unasked = model_name, anew, unasked

    def state_forwards(self, app_label, state):
        model = state.models[app_label, self.model_name]
        for name in self.unasked:
            model.fields[name] = field = model.fields[name].clone()
            field.db_index = False
        names = {index.name for index in self.anew}
        kept = [index for index in model.options["indexes"] if index.name not in names]
        model.options["indexes"] = [*kept, *self.anew]
        state.reload_model(app_label, self.model_name, delay=True)

    def database_forwards(self, app_label, schema_editor, from_state, to_state):
        model = to_state.apps.get_model(app_label, self.model_name)
        for index in self.anew:
            make(schema_editor, model, index)
        for name in self.unasked:
            drop(schema_editor, own_index(schema_editor, model, name).name)

    def database_backwards(self, app_label, schema_editor, from_state, to_state):
        model = to_state.apps.get_model(app_label, self.model_name)
        before = {index.name: index for index in to_state.models[app_label, self.model_name].options["indexes"]}
        for name in self.unasked:
            make(schema_editor, model, own_index(schema_editor, model, name))
        for index in self.anew:
            if index.name in before:
                make(schema_editor, model, before[index.name])
            else:
                drop(schema_editor, index.name)

    def describe(self):
        parts = [f"建索引 {'、'.join(index.name for index in self.anew)}"] if self.anew else []
        parts += [f"删除索引 {'、'.join(self.unasked)}"] if self.unasked else []
        return f"{self.model_name} {'；'.join(parts)}"


class NumberWithoutPatterns(Operation):
    """The second index that PostgreSQL is given for a unique text, to find what begins with something; nobody asks that of
    a number."""

    def state_forwards(self, app_label, state):
        pass

    def database_forwards(self, app_label, schema_editor, from_state, to_state):
        if schema_editor.connection.vendor == "postgresql":
            drop(schema_editor, schema_editor._create_index_name("hazards_hazard", ["number"], suffix="_like"))

    def database_backwards(self, app_label, schema_editor, from_state, to_state):
        if schema_editor.connection.vendor == "postgresql":
            model = to_state.apps.get_model(app_label, "hazard")
            schema_editor.execute(schema_editor._create_like_index_sql(model, model._meta.get_field("number")))

    def describe(self):
        return "hazard 删除索引 number（仅 PostgreSQL）"


def make(schema_editor, model, index):
    """What had its name, or was left by a build that was cut off, is taken away first."""
    drop(schema_editor, index.name)
    meanwhile = {"concurrently": True} if schema_editor.connection.vendor == "postgresql" else {}
    schema_editor.add_index(model, index, **meanwhile)


def drop(schema_editor, name):
    meanwhile = "CONCURRENTLY " if schema_editor.connection.vendor == "postgresql" else ""
    schema_editor.execute(f"DROP INDEX {meanwhile}IF EXISTS {schema_editor.quote_name(name)}")


def own_index(schema_editor, model, name):
    """As Django named it when it made the table."""
    column = model._meta.get_field(name).column
    return models.Index(fields=[name], name=schema_editor._create_index_name(model._meta.db_table, [column]))


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("hazards", "0001_initial")]

    operations = [
        Indexes("hazard", anew=(*OF_WHAT_IS_SELDOM_SAID, *ANEW), unasked=UNASKED),
        Indexes("rectificationplan", unasked=("filed_by", "accepted_by")),
        Indexes("hazardlink", unasked=("hazard", "earlier", "decided_by")),
        NumberWithoutPatterns(),
    ]
