import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("consultations", "0004_answers"),
    ]

    operations = [
        migrations.CreateModel(
            name="HistoricRecord",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("source_id", models.CharField(max_length=200, unique=True)),
                ("source_url", models.URLField(blank=True, max_length=500)),
                ("received", models.PositiveIntegerField(null=True)),
                ("short", models.BooleanField(null=True)),
                ("imported_at", models.DateTimeField()),
                (
                    "announcement",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="historic_record",
                        to="consultations.announcement",
                    ),
                ),
            ],
        ),
    ]
