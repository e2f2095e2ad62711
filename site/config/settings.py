"""The one settings module. What differs between installations comes from the environment."""

import datetime
import os
import secrets
from pathlib import Path

from celery.schedules import crontab
from csp.constants import NONE, SELF

from config.env import Environment
from multilingual.languages import labelled

ROOT = Path(__file__).resolve().parents[2]

env = Environment(os.environ)

# --- what the environment decides ---------------------------------------------------------------

DEBUG = env.flag("DEBUG", doc="Django's debug pages. Never in production.")
DEMO = env.flag(
    "DEMO",
    doc="The demo city: demo accounts are shown on the login page, no second factor is asked for.",
)
VAR = env.folder(
    "GONGKAI_VAR",
    default="var",
    root=ROOT,
    doc="What the site writes: database, media, search index, generated key.",
)
PUBLIC_URL = env.web_address(
    "PUBLIC_URL",
    default="http://127.0.0.1:8000",
    doc="The address the public sees, for links in feeds, mail and sitemaps. With `https`, cookies "
    "are sent over TLS only and browsers are told to stay with it.",
)
PORT = env.number(
    "PORT", default=8000, lowest=1, highest=65535, doc="The port the server listens on."
)
BIND = env.text(
    "BIND",
    default="127.0.0.1",
    accepts="the address of an interface",
    doc="The interface the server listens on.",
)
POSTAL_CUT_OFF = datetime.timedelta(
    days=env.number(
        "POSTAL_CUT_OFF_DAYS",
        default=7,
        lowest=0,
        highest=90,
        doc="How many days after the close a letter may arrive that was postmarked in time.",
    )
)
CONTACT_CAP = datetime.timedelta(
    days=env.number(
        "CONTACT_CAP_DAYS",
        default=365,
        lowest=30,
        highest=3650,
        doc="How many days after the close contact data is erased at the latest.",
    )
)
ANSWER_DUE = datetime.timedelta(
    days=env.number(
        "ANSWER_DUE_DAYS",
        default=60,
        lowest=1,
        highest=3650,
        doc="How many days after the close a consultation without a public statement is overdue.",
    )
)
SEAL_AFTER = datetime.timedelta(minutes=1)
COMMENTS_PER_HOUR = env.number(
    "COMMENTS_PER_HOUR",
    default=20,
    lowest=1,
    highest=100_000,
    doc="How many comments one network address may send in an hour; whole offices share one.",
)
LOOK_UPS_PER_HOUR = env.number(
    "LOOK_UPS_PER_HOUR",
    default=60,
    lowest=1,
    highest=100_000,
    doc="How many receipts one network address may look up in an hour.",
)
COMMENTS_PER_MINUTE = env.number(
    "COMMENTS_PER_MINUTE",
    default=60,
    lowest=1,
    highest=1_000_000,
    doc="More comments than this in a minute on one consultation, and its form asks for a proof "
    "of work; a comment without one waits for an officer.",
)
WEB_CONCURRENCY = env.number(
    "WEB_CONCURRENCY",
    default=1,
    lowest=1,
    highest=256,
    doc="Server processes. More than one needs Redis for the queue and the cache.",
)
WEB_THREADS = env.number(
    "WEB_THREADS", default=8, lowest=1, highest=256, doc="Threads of each server process."
)
PROXY_COUNT = env.number(
    "PROXY_COUNT",
    default=0,
    lowest=0,
    highest=9,
    doc="Reverse proxies in front that set `X-Forwarded-For` and `X-Forwarded-Proto`.",
)
ALLOWED_HOSTS = env.words(
    "ALLOWED_HOSTS", default="127.0.0.1,localhost", doc="Host names the site answers to."
)
CSRF_TRUSTED_ORIGINS = env.web_addresses(
    "CSRF_TRUSTED_ORIGINS", doc="Other origins that forms may be sent from."
)
REQUIRE_SECOND_FACTOR = env.flag(
    "REQUIRE_SECOND_FACTOR",
    default=not DEMO,
    doc="Every editor needs a second factor. The default is `false` where `DEMO` is on.",
)
ELASTICSEARCH_URL = env.web_addresses(
    "ELASTICSEARCH_URL",
    doc="Hosts of the search cluster. Empty: the index is embedded, in `GONGKAI_VAR`.",
)
CELERY_BROKER_URL = env.broker_url(
    "CELERY_BROKER_URL",
    default="memory://",
    doc="The task queue. `memory://`: one worker thread inside the one server process.",
)
GONGKAI_CI = env.flag(
    "GONGKAI_CI", doc="For the test run: a missing service or a skipped test is a failure."
)
_secret_key = env.text(
    "SECRET_KEY",
    accepts="a random text of 50 characters or more",
    doc="Signs sessions. Empty: one is made and kept in `GONGKAI_VAR`, for demo and development.",
)
_personal_data_keys = env.keys(
    "PERSONAL_DATA_KEYS",
    doc="Encrypt contact data of people who comment; the first encrypts, all decrypt. Empty: the "
    "key is made from `SECRET_KEY`, for demo and development.",
)
CLAMAV_URL = env.tcp_address(
    "CLAMAV_URL",
    doc="The virus scanner (clamd) for files that citizens send. Empty: they are not scanned.",
)
_database = env.database_url(
    "DATABASE_URL", default="sqlite:///var/db.sqlite3", doc="SQLite, or PostgreSQL for a city."
)
_cache = env.cache_url("CACHE_URL", default="locmemcache://", doc="The cache.")
_email = env.email_url("EMAIL_URL", default="consolemail://", doc="How mail is sent.")
_media = env.storage(
    "MEDIA_STORAGE",
    default="django.core.files.storage.FileSystemStorage",
    doc="Where uploaded files are kept; the default writes to `media` in `GONGKAI_VAR`.",
)
DEFAULT_FROM_EMAIL = env.text(
    "DEFAULT_FROM_EMAIL",
    default="gongkai@localhost",
    accepts="an e-mail address",
    doc="The sender of mail.",
)
env.refuse_unknown()


def _kept_secret_key() -> str:
    """The key in the var folder, made at the first start; two processes agree on one."""
    path = VAR / "secret_key"
    try:
        with os.fdopen(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w") as file:
            file.write(secrets.token_urlsafe(50))
    except FileExistsError:
        pass
    return path.read_text()


STATIC_ROOT = VAR / "static"
STATIC_ROOT.mkdir(parents=True, exist_ok=True)
SECRET_KEY = _secret_key or _kept_secret_key()
SECRET_KEY_IS_GENERATED = not _secret_key
PERSONAL_DATA_KEYS = _personal_data_keys or [SECRET_KEY]
PERSONAL_DATA_KEYS_ARE_DERIVED = not _personal_data_keys
EMBEDDED_QUEUE = CELERY_BROKER_URL.startswith("memory://")
HTTPS = PUBLIC_URL.startswith("https://")

# --- applications -------------------------------------------------------------------------------

INSTALLED_APPS = [
    "vocabularies",
    # Its `publish_scheduled` command replaces Wagtail's, so it stands before it.
    "policies",
    "consultations",
    "search",
    "organisations",
    "freshness",
    "ledger",
    "outbox",
    "personaldata",
    "uploads",
    "throttling",
    "workdays",
    "guards",
    "portal",
    "demo",
    "config",
    "wagtail.contrib.redirects",
    "wagtail.contrib.settings",
    "wagtail.contrib.typed_table_block",
    "wagtail.embeds",
    "wagtail.sites",
    "organisations.wagtail_users.AccountsConfig",
    "wagtail.snippets",
    "wagtail.documents",
    "wagtail.images",
    "wagtail.search",
    "wagtail.admin",
    "wagtail",
    "modelcluster",
    "taggit",
    "django_filters",
    "modeltranslation",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.sitemaps",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django_htmx",
    "ninja",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "axes",
    "csp",
]

MIDDLEWARE = [
    "config.middleware.HeadMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "config.middleware.EditorContentPolicyMiddleware",
    "config.middleware.OpenApiMiddleware",
    "django.middleware.http.ConditionalGetMiddleware",
    "freshness.middleware.PageCacheMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "config.middleware.AddressLocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "config.middleware.SecondFactorMiddleware",
    "organisations.middleware.OwnSubtreeMiddleware",
    "policies.middleware.RefusalMiddleware",
    "wagtail.contrib.redirects.middleware.RedirectMiddleware",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.debug",
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "wagtail.contrib.settings.context_processors.settings",
                "portal.context_processors.portal",
            ],
        },
    },
]

# --- database, cache, tasks ---------------------------------------------------------------------

if _database["ENGINE"].endswith("sqlite3"):
    _name = str(_database["NAME"])
    _database["NAME"] = _name if _name == ":memory:" else ROOT / _name
    if not env.given("DATABASE_URL"):
        _database["NAME"] = VAR / "db.sqlite3"
    _database["OPTIONS"] = {
        "timeout": 30,
        "transaction_mode": "IMMEDIATE",
        "init_command": (
            "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON;"
        ),
    }
else:
    _database["CONN_HEALTH_CHECKS"] = True
    # To compile a query that asks for thousands of states takes longer than to answer it.
    _database.setdefault("OPTIONS", {}).setdefault("options", "-c jit=off")
# To open SQLite anew takes longer than to answer from the page cache.
_database["CONN_MAX_AGE"] = 60
DATABASES = {"default": _database}

CACHES = {
    "default": _cache,
    "pages": _cache | {"KEY_PREFIX": "pages"},
    "throttling": _cache | {"KEY_PREFIX": "throttling"},
}
if _cache["BACKEND"].endswith("LocMemCache"):
    # A room of its own, or a flood of addresses would push out the counters of failed logins.
    CACHES["pages"] |= {"LOCATION": "pages", "OPTIONS": {"MAX_ENTRIES": 1_000}}
    CACHES["throttling"] |= {"LOCATION": "throttling", "OPTIONS": {"MAX_ENTRIES": 100_000}}
THEME_COOKIE = "gk_theme"

CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TIMEZONE = "Asia/Shanghai"
CELERY_BEAT_SCHEDULE = {
    "deliver the outbox": {"task": "outbox.tasks.deliver", "schedule": 1.0},
    "seal the ledger": {"task": "ledger.tasks.seal", "schedule": 5.0},
    "forget what was delivered": {
        "task": "outbox.tasks.prune",
        "schedule": crontab(hour="4", minute="10"),
    },
    "erase contact data": {
        "task": "personaldata.tasks.erase_due",
        "schedule": crontab(minute="20"),
    },
    "seal the rounds that have closed": {
        "task": "consultations.tasks.seal_due",
        "schedule": crontab(),
    },
    "scan what came while the scanner was away": {
        "task": "consultations.tasks.scan_waiting",
        "schedule": crontab(minute="*/10"),
    },
    "forget files of unfinished forms": {
        "task": "uploads.tasks.forget_held",
        "schedule": crontab(minute="40"),
    },
    "publish what is scheduled": {
        "task": "policies.tasks.publish_scheduled",
        "schedule": crontab(),
    },
    "compare database and index": {
        "task": "search.tasks.check",
        "schedule": crontab(hour="3", minute="30"),
    },
}
for _entry in CELERY_BEAT_SCHEDULE.values():
    # A run that waited longer than this is not needed: the next one does its work.
    _entry["options"] = {"expires": 60}

# --- languages and time -------------------------------------------------------------------------

LANGUAGES = [
    ("zh-hans", "简体中文"),
    ("en", "English"),
    ("ko", "한국어"),
    ("ja", "日本語"),
    ("de", "Deutsch"),
    ("fr", "Français"),
    ("es", "Español"),
    ("ru", "Русский"),
    ("ar", "العربية"),
]
LANGUAGE_CODE = "zh-hans"
# The second holds what Wagtail's own Chinese catalogue leaves in English.
LOCALE_PATHS = [ROOT / "locale", ROOT / "site/config/wagtail_words"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "Asia/Shanghai"

MODELTRANSLATION_LANGUAGES = tuple(code for code, _name in LANGUAGES)
MODELTRANSLATION_DEFAULT_LANGUAGE = "zh-hans"
MODELTRANSLATION_FALLBACK_LANGUAGES = ("zh-hans",)
MODELTRANSLATION_CUSTOM_FIELDS = ("StreamField",)
MODELTRANSLATION_BUILD_LOCALIZED_VERBOSE_NAME = labelled

# --- files --------------------------------------------------------------------------------------

STATIC_URL = "/static/"
STATICFILES_DIRS = [
    (f"vendor/{name}", folder)
    for name, folder in {"bootstrap": ROOT / "node_modules/bootstrap/dist/css"}.items()
    if folder.is_dir()
]
MEDIA_URL = "/media/"
MEDIA_ROOT = VAR / "media"
STORAGES = {
    "default": _media,
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}
SEARCH_DIR = VAR / "search"
# Of each file that a citizen sends, and how many at once.
UPLOAD_MAX_BYTES = 10 * 1024 * 1024
UPLOAD_MAX_FILES = 5
DATA_UPLOAD_MAX_NUMBER_FIELDS = 20_000

# --- Wagtail ------------------------------------------------------------------------------------

WAGTAIL_SITE_NAME = "Gongkai 公开"
WAGTAILADMIN_BASE_URL = PUBLIC_URL
WAGTAIL_I18N_ENABLED = False
WAGTAIL_ENABLE_UPDATE_CHECK = False
WAGTAIL_ENABLE_WHATS_NEW_BANNER = False
WAGTAILADMIN_PERMITTED_LANGUAGES = [("zh-hans", "简体中文"), ("en", "English")]
WAGTAIL_WORKFLOW_REQUIRE_REAPPROVAL_ON_EDIT = True
# A draft is saved on purpose: what was typed over a colleague's newer text must not save itself.
WAGTAIL_AUTOSAVE_INTERVAL = 0
WAGTAIL_PASSWORD_RESET_ENABLED = False
WAGTAIL_GRAVATAR_PROVIDER_URL = None
WAGTAILEMBEDS_FINDERS: list[dict[str, str]] = []
WAGTAILSEARCH_BACKENDS = {"default": {"BACKEND": "wagtail.search.backends.database"}}
WAGTAILIMAGES_IMAGE_FORM_BASE = "policies.admin_forms.ReleasedImageForm"
WAGTAILDOCS_DOCUMENT_FORM_BASE = "policies.admin_forms.ReleasedDocumentForm"
# Pages show an SVG as an image, where no script in it runs.
WAGTAILIMAGES_EXTENSIONS = ["avif", "gif", "jpg", "jpeg", "png", "svg", "webp"]
WAGTAILDOCS_EXTENSIONS = [
    "csv",
    "doc",
    "docx",
    "jpg",
    "mp4",
    "odt",
    "ofd",
    "pdf",
    "png",
    "txt",
    "wps",
    "xls",
    "xlsx",
    "zip",
]

# --- login and security -------------------------------------------------------------------------

AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "django.contrib.auth.backends.ModelBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "wagtailadmin_home"
ACCOUNT_ADAPTER = "config.accounts.AccountAdapter"
ACCOUNT_FORMS = {"login": "config.accounts.EditorLoginForm"}
ACCOUNT_LOGIN_METHODS = {"username", "email"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "email", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_LOGOUT_REDIRECT_URL = "/"
ACCOUNT_SESSION_REMEMBER = False
# The lockout is axes'; this stops who tries many accounts, or one account from many places.
ACCOUNT_RATE_LIMITS = {"login_failed": "20/m/ip,50/h/key"}
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_TOTP_ISSUER = "Gongkai"

AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = 0.25  # hours
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_RESET_ON_SUCCESS = True
AXES_USERNAME_FORM_FIELD = "login"
AXES_HTTP_RESPONSE_CODE = 429
AXES_LOCKOUT_TEMPLATE = "account/locked.html"
AXES_VERBOSE = False
AXES_CLIENT_IP_CALLABLE = "throttling.addresses.client_address"
ALLAUTH_TRUSTED_PROXY_COUNT = PROXY_COUNT

SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = LANGUAGE_COOKIE_SECURE = HTTPS
CSRF_FAILURE_VIEW = "portal.views.csrf_failure"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 12 * 60 * 60
SECURE_SSL_REDIRECT = HTTPS
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]
SECURE_HSTS_SECONDS = 365 * 24 * 60 * 60 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = False
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if PROXY_COUNT else None
SECURE_REFERRER_POLICY = "strict-origin-when-cross-origin"
X_FRAME_OPTIONS = "SAMEORIGIN"
SILENCED_SYSTEM_CHECKS = [
    "security.W005",  # whether every subdomain speaks TLS, and may be preloaded so,
    "security.W021",  # is the city's to say, not this site's
    "security.W019",  # the editor shows previews in a frame
]

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "img-src": [SELF, "data:"],
        "object-src": [NONE],
        "base-uri": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [SELF],
    }
}

# --- mail and logs ------------------------------------------------------------------------------

# Every mail waits in the outbox for the commit of its cause; the transport sends it then.
EMAIL_BACKEND = "outbox.mail.OutboxBackend"
MAIL_TRANSPORT = _email.pop("EMAIL_BACKEND")
globals().update({key: value for key, value in _email.items() if key.startswith("EMAIL_")})

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name} {message}", "style": "{"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": "WARNING"},
    "loggers": {
        "celery": {"level": "WARNING"},
        "kombu": {"level": "ERROR"},
        "django.request": {"level": "ERROR"},
    },
}
