from wagtail import hooks

from workdays.viewsets import CalendarViewSet


@hooks.register("register_admin_viewset")
def calendar_in_the_menu() -> CalendarViewSet:
    return CalendarViewSet()
