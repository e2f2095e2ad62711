from django.db import models


class ContentVersion(models.Model):
    """One row that counts the changes of what the public sees; cached pages carry its number."""

    version = models.PositiveBigIntegerField(default=0)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(id=1), name="content_version_is_one_row")
        ]

    def __str__(self) -> str:
        return str(self.version)
