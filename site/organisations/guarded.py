from __future__ import annotations

import datetime
from importlib import import_module
from typing import TYPE_CHECKING, Any, ClassVar

from django.utils import timezone
from wagtail.models import PagePermissionTester

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser
    from wagtail.models import Page as _Base
    from wagtail.models import Revision
else:
    _Base = object


class GuardedPermissionTester(PagePermissionTester):
    """Nobody publishes by hand: a document goes public by its workflow, and then it stays."""

    def can_publish(self) -> bool:
        return False

    def can_publish_subpage(self) -> bool:
        return False

    def can_unpublish(self) -> bool:
        return not self.page.is_released and super().can_unpublish()

    def can_delete(self, ignore_bulk: bool = False) -> bool:
        settled = self.page.is_released or self.page.workflow_in_progress
        return not settled and super().can_delete(ignore_bulk)

    def can_set_view_restrictions(self) -> bool:
        return False

    def can_withdraw(self) -> bool:
        """Publishers take a released document back, and show it again."""
        return (
            self.page.is_released
            and self.user.is_active
            and (self.user.is_superuser or "publish" in self.permissions)
        )

    def can_unschedule(self) -> bool:
        return self.user.is_active and (self.user.is_superuser or "publish" in self.permissions)


class GuardedPageMixin(_Base):
    """A page that becomes public by its app's services and by nothing else.

    Every route of Wagtail to publication (workflow, schedule, bulk action, shell) ends in
    ``publish``; unpublishing, expiring, deleting and aliasing end in the methods below. They hand
    over to ``publish``, ``refuse_if_released`` and ``refuse_alias`` of ``services_module``, which
    is named and not imported: the services know the models. The import path of this class stands
    in migrations: never move it.
    """

    services_module: ClassVar[str]

    @property
    def is_released(self) -> bool:
        return getattr(self, "release", None) is not None

    @property
    def services(self) -> Any:
        return import_module(self.services_module)

    def get_admin_display_title(self) -> str:
        """The released title where there is one: lists show it beyond the own organisation."""
        return str(self.title if self.live else self.draft_title or self.title)

    def permissions_for_user(self, user: AbstractBaseUser) -> GuardedPermissionTester:
        return GuardedPermissionTester(user, self)

    def publish(self, revision: Revision, user: Any = None, **kwargs: Any) -> None:
        self.services.publish(self, revision, user=user, now=timezone.now())

    def publish_unguarded(self, revision: Revision, user: Any) -> None:
        """Wagtail's own publication; only ``services.publish`` calls it, in its transaction."""
        super().publish(revision, user=user, skip_permission_checks=True)

    def submitted(self, user: Any, now: datetime.datetime) -> None:
        """This draft begins its review; called in the transaction in which it does."""

    def unpublish(self, *args: Any, **kwargs: Any) -> None:
        self.services.refuse_if_released(self)
        super().unpublish(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> Any:
        self.services.refuse_if_released(self)
        return super().delete(*args, **kwargs)

    def create_alias(self, *args: Any, **kwargs: Any) -> Any:
        self.services.refuse_alias()
