"""The database has moved the references along with the tables; this tells Django."""

import django.db.models.deletion
import modelcluster.fields
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("policies", "0002_corrected_interpretations"),
        ("consultations", "0003_vocabularies"),
        ("vocabularies", "0001_initial"),
    ]

    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.AlterField(
                    model_name="policypage",
                    name="audiences",
                    field=modelcluster.fields.ParentalManyToManyField(
                        blank=True,
                        related_name="policies",
                        to="vocabularies.audience",
                        verbose_name="audience",
                    ),
                ),
                migrations.AlterField(
                    model_name="policypage",
                    name="subject",
                    field=models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="policies",
                        to="vocabularies.subject",
                        verbose_name="subject",
                    ),
                ),
                migrations.AlterField(
                    model_name="policypage",
                    name="territory",
                    field=models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="policies",
                        to="vocabularies.territory",
                        verbose_name="territory",
                    ),
                ),
                migrations.DeleteModel(name="Audience"),
                migrations.DeleteModel(name="Subject"),
                migrations.DeleteModel(name="Territory"),
            ]
        ),
    ]
