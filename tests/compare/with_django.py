"""Django's AlterField in a migration's schema editor: with_django.py DATABASE CASE. The models say
all of the case that Django's can."""
import sys

import django
from django.conf import settings

database, case = sys.argv[1:]
settings.configure(
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": database}},
    DEFAULT_AUTO_FIELD="django.db.models.AutoField", USE_TZ=False)
django.setup()

from django.db import connection, migrations, models  # noqa: E402
from django.db.migrations.state import ProjectState  # noqa: E402

fields = [("id", models.AutoField(primary_key=True))]
options = {"db_table": "item", "indexes": [models.Index(fields=["name"], name="item_name"),
                                           models.Index(fields=["qty"], name="item_qty")]}
if case == "rowids":
    fields = [("id", models.TextField(primary_key=True))]
fields += [("name", models.TextField(unique=case == "unique")),
           ("price", models.TextField(null=True)),
           ("qty", models.IntegerField(default=1))]
if case == "indexes":
    options["indexes"].append(models.Index(fields=["-qty", "name"], name="item_desc",
                                           condition=models.Q(qty__gt=2)))
if case == "CHECK":
    options["constraints"] = [models.CheckConstraint(check=models.Q(qty__gt=0), name="item_pos")]
item = migrations.CreateModel("Item", fields, options=options)
child = migrations.CreateModel("Child", [
    ("id", models.AutoField(primary_key=True)),
    ("item", models.ForeignKey("app.Item", models.CASCADE, db_column="item", db_index=False))],
    options={"db_table": "child"})
alter = migrations.AlterField("Item", "price", models.IntegerField(default=0))
state = ProjectState()
for operation in (item, child):
    operation.state_forwards("app", state)
after = state.clone()
alter.state_forwards("app", after)
with connection.schema_editor(atomic=True) as editor:
    alter.database_forwards("app", editor, state, after)
