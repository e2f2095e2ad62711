from django.apps import AppConfig


class SearchConfig(AppConfig):
    name = "search"
    label = "search"

    def ready(self) -> None:
        from outbox.registry import handler
        from search import services

        handler(services.INDEX, batch=True)(services.deliver_index)
        handler(services.REBUILD, batch=True)(services.deliver_rebuild)
