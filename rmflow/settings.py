"""Settings, from the environment. Production is the default; demo and test are asked for.

RMFLOW_MODE    production (default), demo or test
DATABASE_URL   postgres://user:password@host/name, or postgres:////socket/folder/name
REDIS_URL      redis://host:6379/0 or unix:///path.sock?db=0; jobs use this number, the cache the next
SECRET_KEY     signs sessions; FIELD_KEYS `id:base64,…` (32 bytes each, the first encrypts) and
BLIND_KEY      base64 protect personal data. ALLOWED_HOSTS are the names the site answers to.

`manage.py` fills in the embedded servers when no addresses are given (see `rmflow/servers.py`),
and `make run` asks for the demo mode, whose secrets are made once under var/.
"""

from datetime import timedelta
from pathlib import Path

import environ
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _
from redis.backoff import NoBackoff
from redis.retry import Retry

from rmflow import environment
from rmflow.schedule import SCHEDULE

env = environ.Env()
BASE_DIR = Path(__file__).resolve().parent.parent
VAR_DIR = environment.var_dir()

MODE = env.str("RMFLOW_MODE", "production")
if MODE not in ("production", "demo", "test"):
    raise ImproperlyConfigured(f"RMFLOW_MODE is {MODE!r}; it must be production, demo or test.")
PRODUCTION, DEMO, TESTING = (name == MODE for name in ("production", "demo", "test"))
DEBUG = DEMO and env.bool("DEBUG", False)

# --- secrets and addresses -----------------------------------------------------------------------

REQUIRED = {
    "SECRET_KEY": "a long random text",
    "FIELD_KEYS": "id:base64 of 32 random bytes, comma between keys, the first one encrypts",
    "BLIND_KEY": "base64 of 32 random bytes",
    "ALLOWED_HOSTS": "the host names of the site, comma between them",
    "DATABASE_URL": "postgres://user:password@host/name",
    "REDIS_URL": "redis://host:6379/0",
}
if DEMO:
    for _name, _value in environment.demo_environment(VAR_DIR).items():
        env.ENVIRON.setdefault(_name, _value)
_missing = [f"  {name}: {what}" for name, what in REQUIRED.items() if not env.str(name, "")]
if _missing:
    raise ImproperlyConfigured(
        "\n".join([f"These must be set in the environment in {MODE} mode:", *_missing])
    )

SECRET_KEY = env.str("SECRET_KEY")
SECRET_KEY_FALLBACKS = env.list("SECRET_KEY_FALLBACKS", default=[])
FIELD_KEYS = env.list("FIELD_KEYS")
BLIND_KEY = env.str("BLIND_KEY")
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS")
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])

DATABASES = {"default": env.db("DATABASE_URL")}
DATABASES["default"].update(
    CONN_MAX_AGE=None if not TESTING else 0,  # a connection per thread for good: a factor of 2–3
    CONN_HEALTH_CHECKS=True,  # a restarted database costs one reconnect, not one error
)
DATABASES["default"].setdefault("OPTIONS", {}).setdefault("connect_timeout", 5)
# A value from the start: where it is unset, every history trigger catches an error, and in a statement of
# many rows each caught error costs a walk over all deferred checks (decision 0041).
# What is prepared (`doors.rows.Prepared`) is planned once a connection: left to itself the server plans a
# search anew each time, which costs more than the search (decision 0042).
DATABASES["default"]["OPTIONS"].setdefault(
    "options", "-c pgtrigger.ignore={} -c plan_cache_mode=force_generic_plan"
)

# --- applications --------------------------------------------------------------------------------

INSTALLED_APPS = [
    "rmflow.portal",  # first: its templates win over those of others
    "referrals",
    "complaints",
    "maintenance",
    "followups",
    "clients",
    "rmflow.notices",
    "rmflow.privacy",
    "rmflow.workdays",
    "rmflow.staff",
    "rmflow.doors",
    "rmflow.staff.admin_config.AdminConfig",  # Django's admin behind our login and matrix
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "django.forms",
    "pgtrigger",
    "pghistory",
    "django_otp",
    "django_otp.plugins.otp_totp",
    "django_otp.plugins.otp_static",
    "axes",
    "csp",
    "django_filters",
    "rest_framework",
    "rest_framework.authtoken",
    "drf_spectacular",
    "drf_spectacular_sidecar",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "rmflow.doors.middleware.OnePolicy",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "rmflow.notices.middleware.BellPoll",  # polls without news: from Valkey, before sessions and database
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "rmflow.doors.history.History",
    # nobody but logged-in staff; idle and absolute limits, forced change of the initial password
    "rmflow.staff.middleware.SignedIn",
    "rmflow.doors.middleware.Answers",  # refusals become answers a person can read
    "rmflow.portal.middleware.KeptPages",
    "axes.middleware.AxesMiddleware",  # last, as its documentation asks: it replaces the answer
]

ROOT_URLCONF = "rmflow.urls"
WSGI_APPLICATION = "rmflow.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "django.template.context_processors.i18n",
                "rmflow.notices.context.bell_of_user",
                "rmflow.portal.context.shell",
            ],
        },
    },
]

# --- people --------------------------------------------------------------------------------------

AUTH_USER_MODEL = "staff.User"
LOGIN_URL = "staff:login"
LOGIN_REDIRECT_URL = "portal:home"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "rmflow.staff.person.StaffBackend",
]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
if TESTING:  # a login in each test would else cost 50 ms
    PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher", *PASSWORD_HASHERS]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "rmflow.staff.passwords.LongAndMixed"},
    {"NAME": "rmflow.staff.passwords.NotOneOfTheLast"},
]
SECOND_FACTOR_REQUIRED = not DEMO  # for the roles of staff.permissions.SECOND_FACTOR_ROLES
CSRF_FAILURE_VIEW = "rmflow.staff.views.sign_in.csrf_failed"

# Lockout: five failures for one employee number, 30 minutes (domain-rules 4.1b).
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = timedelta(minutes=30)
AXES_LOCKOUT_PARAMETERS = ["username"]
AXES_USERNAME_FORM_FIELD = "username"  # the name of the field in the login form and of the credential
AXES_RESET_ON_SUCCESS = True
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False  # "29 minutes more" stays true
AXES_LOCKOUT_CALLABLE = "rmflow.staff.views.sign_in.locked_out"
AXES_SENSITIVE_PARAMETERS = ["username", "password", "kept", "code", "csrfmiddlewaretoken"]
AXES_DISABLE_ACCESS_LOG = True  # log-ins stand in our own chained log
AXES_ENABLE_ADMIN = False
AXES_VERBOSE = False
# W006 wants the address as a parameter too: one name from many addresses would then never lock.
SILENCED_SYSTEM_CHECKS = ["axes.W006"]

OTP_TOTP_ISSUER = "rmflow"
OTP_ADMIN_HIDE_SENSITIVE_DATA = True

# Log-ins on record: staff stands below privacy and calls these (domain-rules 4.2, clause 4.3).
STAFF_LOGIN_HOOKS = ["rmflow.privacy.login_log.record"]

# What the apps above clients have under way with a person, for holds, rights and destruction (decision 0100).
CLIENTS_NEIGHBOURS = ["followups.matters", "referrals.matters", "complaints.matters"]

# A client's request about personal data is answered in so many working days (B-22).
RIGHTS_WORKING_DAYS = env.int("RIGHTS_WORKING_DAYS", 15)

# Showing masked data: so often a person and day, and from where on the head is told (4.3).
PRIVACY_REVEALS_PER_DAY = 50
PRIVACY_REVEAL_ALERT = 30

# Sessions: read from Valkey, kept in the database, so Valkey may go away.
SESSION_ENGINE = "django.contrib.sessions.backends.cached_db"
SESSION_COOKIE_AGE = 10 * 3600  # seconds; the absolute limit of a business day (domain-rules 4.1b)
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_HTTPONLY = True
CSRF_COOKIE_SAMESITE = "Lax"

# --- Valkey: broker and cache --------------------------------------------------------------------

BROKER_URL, CACHE_URL = environment.valkey_urls(env.str("REDIS_URL"))
CACHES = {
    "default": {
        "BACKEND": "rmflow.cache.Cache",
        "LOCATION": CACHE_URL,
        "KEY_PREFIX": env.str("CACHE_PREFIX", "rmflow"),
        "OPTIONS": {
            "socket_connect_timeout": 0.5,  # seconds; a page must not wait for a cache
            "socket_timeout": 1.0,
            "retry": Retry(NoBackoff(), 0),
        },
    }
}

CELERY_BROKER_URL = BROKER_URL
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None  # a worker waits for Valkey as long as it takes
CELERY_BROKER_TRANSPORT_OPTIONS = {
    # A killed worker's task comes back after this many seconds; every task is idempotent.
    "visibility_timeout": env.int("TASK_VISIBILITY_SECONDS", 60),
    "unacked_restore_throttle": 1,
    "unacked_restore_interval": 5,
    "socket_connect_timeout": 0.5,
    "socket_timeout": 5,
    # A request that kicks a task does not wait for a broker that is away (6 s without these).
    "max_retries": 1,
    "interval_start": 0,
    "interval_step": 0,
}
CELERY_RESULT_BACKEND = None
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_TIMEZONE = "Asia/Shanghai"
CELERY_ENABLE_UTC = True
CELERY_BEAT_SCHEDULE = SCHEDULE
CELERY_BEAT_SCHEDULE_FILENAME = str(VAR_DIR / "beat-schedule")

# --- language, time, files -----------------------------------------------------------------------

LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", _("Simplified Chinese")), ("en", _("English"))]
LOCALE_PATHS = [BASE_DIR / "rmflow" / "locale"]
USE_TZ = True
TIME_ZONE = "Asia/Shanghai"

STATIC_URL = "static/"
STATIC_ROOT = VAR_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if TESTING
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}
WHITENOISE_USE_FINDERS = TESTING
WHITENOISE_AUTOREFRESH = DEBUG
MEDIA_ROOT = VAR_DIR / "media"
DATA_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024  # bytes; no form of ours is larger
FILE_UPLOAD_PERMISSIONS = 0o600

# --- complaints ----------------------------------------------------------------------------------

COMPLAINT_OPENS, COMPLAINT_DUE = env.str("COMPLAINT_OPENS", "08:30"), env.str("COMPLAINT_DUE", "17:30")
#: The regulator's hotline on the branch's notice.
COMPLAINT_HOTLINE = env.str("COMPLAINT_HOTLINE", "12378")
COMPLAINT_FILES = Path(env.str("COMPLAINT_FILES", str(VAR_DIR / "complaints")))  # never below the web root
COMPLAINT_FILE_LIMIT = 20 * 1024 * 1024  # bytes a file
COMPLAINT_SCANNER = env.str(
    "COMPLAINT_SCANNER", ""
)  # dotted name of a function: path → None, or what it found

# --- mail ----------------------------------------------------------------------------------------

# EMAIL_URL: smtp+tls://user:password@host:587. A demo writes its mail to files.
if PRODUCTION or env.str("EMAIL_URL", ""):
    vars().update(env.email("EMAIL_URL", default="smtp://localhost:25"))
else:
    EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    EMAIL_FILE_PATH = str(VAR_DIR / "mail")
EMAIL_TIMEOUT = 20  # seconds
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", "rmflow@localhost")
if EMAIL_BACKEND == "django.core.mail.backends.smtp.EmailBackend":
    EMAIL_BACKEND = "rmflow.notices.smtp.Backend"  # an e-mail never goes out twice (decision 0030)

# --- notices outside the house -------------------------------------------------------------------

SITE_URL = env.str("SITE_URL", "http://localhost:8000")  # what links in e-mails begin with
WEBHOOK_URL = env.str("WEBHOOK_URL", "")  # {branch} stands for the code of the person's branch
WEBHOOK_HOSTS = env.list("WEBHOOK_HOSTS", default=[])  # the only hosts (or host:port) ever posted to
WEBHOOK_SECRET = env.str("WEBHOOK_SECRET", "")  # signs each post

# --- safety --------------------------------------------------------------------------------------

SECURE_SSL_REDIRECT = SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = PRODUCTION
SECURE_HSTS_SECONDS = 365 * 24 * 3600 if PRODUCTION else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = PRODUCTION
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
if env.bool("BEHIND_TLS_PROXY", False):  # only where the proxy sets the header itself
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],  # Tabler draws check marks and arrows as data: images
        "font-src": [SELF],
        "connect-src": [SELF],
        "object-src": [NONE],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}

# --- API -----------------------------------------------------------------------------------------

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "rmflow.staff.tokens.StaffToken",  # first: its 401 tells how to log in
        "rmflow.staff.tokens.StaffSession",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_FILTER_BACKENDS": ["django_filters.rest_framework.DjangoFilterBackend"],
    "DEFAULT_PAGINATION_CLASS": "rmflow.doors.api.Page",
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "rmflow.doors.api.exception_handler",
    "PAGE_SIZE": 25,
}
SPECTACULAR_SETTINGS = {
    "SERVE_PERMISSIONS": ["rest_framework.permissions.IsAuthenticated"],  # for staff and their machines
    "TITLE": "rmflow",
    "DESCRIPTION": "Referrals, follow-ups and clients: the same actions, scopes and errors as the pages.",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    # fields of several models share these choices: one name each in the description
    "ENUM_NAME_OVERRIDES": {
        "ConsentBasisEnum": "rmflow.privacy.models.ConsentBasis",
        "GuideBasisEnum": "complaints.rules.guides.Basis",
        "ChannelEnum": "followups.rules.Channel",
        "ClientTypeEnum": "clients.rules.ClientType",
        "ClosureReasonEnum": "complaints.rules.closures.Reason",
        "ClosureResultEnum": "complaints.rules.closures.Result",
        "ContactResultEnum": "followups.rules.Result",
        "LevelEnum": "clients.rules.Level",
        "TierReasonEnum": "clients.scoring.rules.Reason",
        "SuspicionEnum": "complaints.rules.closures.Suspicion",
    },
}

PGHISTORY_MIDDLEWARE_METHODS = ("POST", "PUT", "PATCH", "DELETE")  # who only reads changes nothing
PGHISTORY_APPEND_ONLY = False  # rotation and anonymisation reach the history too

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name} {message}", "style": "{"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": "WARNING" if TESTING else "INFO"},
    "loggers": {"axes": {"level": "WARNING"}},
}
