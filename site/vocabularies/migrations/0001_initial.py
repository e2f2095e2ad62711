"""The vocabularies come from `policies`: their rows, permissions and histories move with them."""

from django.db import migrations, models

VOCABULARIES = ("subject", "audience", "territory")
LANGUAGES = ("zh_hans", "en", "ko", "ja", "de", "fr", "es", "ru", "ar")


def _vocabulary(name, singular, plural):
    names = [
        (f"name_{code}", models.CharField(max_length=100, null=True, verbose_name="name"))
        for code in LANGUAGES
    ]
    return migrations.CreateModel(
        name=name,
        fields=[
            (
                "id",
                models.BigAutoField(
                    auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                ),
            ),
            ("key", models.SlugField(unique=True, verbose_name="key")),
            ("name", models.CharField(max_length=100, verbose_name="name")),
            *names,
            ("sort_order", models.PositiveSmallIntegerField(default=0, verbose_name="order")),
        ],
        options={
            "verbose_name": singular,
            "verbose_name_plural": plural,
            "ordering": ["sort_order", "key"],
            "abstract": False,
        },
    )


def _move_content_types(old, new):
    def move(apps, schema_editor):
        types = apps.get_model("contenttypes", "ContentType").objects.using(
            schema_editor.connection.alias
        )
        types.filter(app_label=old, model__in=VOCABULARIES).update(app_label=new)

    return move


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("contenttypes", "0002_remove_content_type_name"),
        ("policies", "0002_corrected_interpretations"),
        ("consultations", "0002_exemption_requests"),
    ]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[
                migrations.RunSQL(
                    f"ALTER TABLE policies_{name} RENAME TO vocabularies_{name}",
                    f"ALTER TABLE vocabularies_{name} RENAME TO policies_{name}",
                )
                for name in VOCABULARIES
            ],
            state_operations=[
                _vocabulary("Subject", "subject", "subjects"),
                _vocabulary("Audience", "audience", "audiences"),
                _vocabulary("Territory", "territory", "territories"),
            ],
        ),
        migrations.RunPython(
            _move_content_types("policies", "vocabularies"),
            _move_content_types("vocabularies", "policies"),
        ),
    ]
