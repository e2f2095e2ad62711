from ninja import NinjaAPI

api = NinjaAPI(title="Gongkai", version="1")
