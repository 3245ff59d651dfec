"""All settings, read from the environment. Each variable is explained in docs/operations.md; what is wrong with a
value is said by the checks in `checks.py`, in Chinese and with what to do."""

from datetime import timedelta
from pathlib import Path

import dj_database_url
from environs import Env

from zhiben.config.logs import logging_settings

env = Env()
ROOT = Path(__file__).resolve().parents[2]

# --- what kind of installation this is -------------------------------------------------------------------------

ZHIBEN_DEMO = env.bool("ZHIBEN_DEMO", False)
DEBUG = env.bool("ZHIBEN_DEBUG", False)

ZHIBEN_DATA = Path(env.str("ZHIBEN_DATA", str(ROOT / "var"))).absolute()
ZHIBEN_FILES_ROOT = ZHIBEN_DATA / "files"
ZHIBEN_AUDIT_ROOT = Path(env.str("ZHIBEN_AUDIT_ROOT", str(ZHIBEN_DATA / "audit"))).absolute()
ZHIBEN_BACKUP_ROOT = Path(env.str("ZHIBEN_BACKUP_ROOT", str(ZHIBEN_DATA / "backups"))).absolute()
ZHIBEN_DRILL = (ZHIBEN_DATA / "drill").exists()
"""A copy restored to prove a backup (`zhiben restore --drill`): it works, and sends nothing to anybody outside."""
ZHIBEN_DIGEST = env.str("ZHIBEN_DIGEST", "sm3")
ZHIBEN_LEAST_FREE_MB = env.int("ZHIBEN_LEAST_FREE_MB", 1024)
ZHIBEN_LARGEST_FILE_MB = env.int("ZHIBEN_LARGEST_FILE_MB", 1024)
ZHIBEN_UNIT_QUOTA_MB = env.int("ZHIBEN_UNIT_QUOTA_MB", 20 * 1024)

# --- keys, hosts, HTTPS ----------------------------------------------------------------------------------------

NO_SECRET_KEY = "no-secret-key-was-set-and-this-one-is-public"  # noqa: S105 - the check zhiben.E001 refuses it
SECRET_KEY_FILE = ZHIBEN_DATA / "secret-key"


def _secret_key() -> str:
    """From the environment, else from the file that `zhiben run` makes once in a demonstration."""
    given = env.str("ZHIBEN_SECRET_KEY", "")
    if not given and ZHIBEN_DEMO and SECRET_KEY_FILE.exists():
        given = SECRET_KEY_FILE.read_text().strip()
    return given or NO_SECRET_KEY


SECRET_KEY = _secret_key()
SECRET_KEY_FALLBACKS: list[str] = env.list("ZHIBEN_OLD_SECRET_KEYS", [])
THIS_MACHINE = ["localhost", "127.0.0.1", "[::1]"]
"""Always answered: whoever watches the machine asks from it, whatever names its visitors use."""
VISITED_AS: list[str] = env.list("ZHIBEN_HOSTS", [])
ALLOWED_HOSTS = [*VISITED_AS, *THIS_MACHINE]

ZHIBEN_HTTPS = env.bool("ZHIBEN_HTTPS", False)
ZHIBEN_BEHIND_PROXY = env.bool("ZHIBEN_BEHIND_PROXY", False)
ZHIBEN_PORT = env.int("ZHIBEN_PORT", 8000)
SECURE_SSL_REDIRECT = ZHIBEN_HTTPS
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$", r"^metrics$", r"^install/", r"^static/"]
SECURE_HSTS_SECONDS = int(timedelta(days=365).total_seconds()) if ZHIBEN_HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = ZHIBEN_HTTPS
SECURE_HSTS_PRELOAD = ZHIBEN_HTTPS
SESSION_COOKIE_SECURE = ZHIBEN_HTTPS
CSRF_COOKIE_SECURE = ZHIBEN_HTTPS
CSRF_TRUSTED_ORIGINS = [f"https://{host.lstrip('.')}" for host in VISITED_AS if ZHIBEN_HTTPS and host != "*"]
if ZHIBEN_BEHIND_PROXY:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

SESSION_COOKIE_AGE = env.int("ZHIBEN_SESSION_HOURS", 8) * 3600
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'self'"],
        "img-src": ["'self'", "data:", "blob:"],
        "object-src": ["'none'"],
        "base-uri": ["'self'"],
        "form-action": ["'self'"],
        "frame-ancestors": ["'none'"],
    },
}
"""Everything comes from this server; no script and no style stands inside a page."""

# --- what it is made of ----------------------------------------------------------------------------------------

INSTALLED_APPS = [
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "axes",
    "django_htmx",
    "zhiben.core.accounts",
    "zhiben.core.org",
    "zhiben.core.audit",
    "zhiben.core.jobs",
    "zhiben.core.events",
    "zhiben.core.access",
    "zhiben.core.notify",
    "zhiben.core.files",
    "zhiben.core.workflow",
    "zhiben.core.search",
    "zhiben.core.web",
    "zhiben.core.documents",
    "zhiben.core.exchange",
    "zhiben.core.api",
    "zhiben.core.webhooks",
    "zhiben.modules.criteria",
    "zhiben.modules.registry",
    "zhiben.modules.tasks",
    "zhiben.modules.plans",
    "zhiben.modules.hazards",
    "zhiben.insight",
    "zhiben.config",
]

MIDDLEWARE = [
    "zhiben.config.prometheus.instruments.RequestMetrics",
    "zhiben.config.logs.RequestLog",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "zhiben.core.api.door.StraightToTheDoor",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "zhiben.core.accounts.watch.LoginWatch",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "zhiben.core.access.middleware.ActingMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "csp.middleware.CSPMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "axes.middleware.AxesMiddleware",
    "zhiben.core.web.middleware.RefusalMiddleware",
]
AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "django.contrib.auth.backends.ModelBackend"]

ROOT_URLCONF = "zhiben.config.urls"
ZHIBEN_MENU = "zhiben.config.menu.MENU"
WSGI_APPLICATION = "zhiben.config.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.messages.context_processors.messages",
                "zhiben.core.web.shell.shell",
            ],
            "builtins": ["zhiben.core.web.templatetags.web"],
        },
    },
]

# --- accounts --------------------------------------------------------------------------------------------------

AUTH_USER_MODEL = "accounts.User"
LOGIN_URL = "/login/"
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "zhiben.core.accounts.passwords.OneTimeHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "zhiben.core.accounts.passwords.LongEnough", "OPTIONS": {"min_length": 10}},
    {"NAME": "zhiben.core.accounts.passwords.NotCommon"},
    {"NAME": "zhiben.core.accounts.passwords.EnoughKinds"},
    {"NAME": "zhiben.core.accounts.passwords.NotTheName"},
    {"NAME": "zhiben.core.accounts.passwords.NotTheSame"},
]
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = timedelta(minutes=15)
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_RESET_ON_SUCCESS = True
AXES_ENABLE_ADMIN = False
AXES_LOCKOUT_CALLABLE = "zhiben.core.accounts.lockout.show_locked_out"
ZHIBEN_IDLE_MINUTES = env.int("ZHIBEN_IDLE_MINUTES", 60)

# --- records ---------------------------------------------------------------------------------------------------

DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
DATABASES = {
    "default": dj_database_url.parse(env.str("DATABASE_URL", f"sqlite:///{ZHIBEN_DATA / 'zhiben.sqlite3'}")),
}
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    DATABASES["default"] |= {
        "CONN_MAX_AGE": 600,
        "OPTIONS": {
            "transaction_mode": "IMMEDIATE",
            "timeout": 30,
            "init_command": (
                "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON;"
                "PRAGMA cache_size=-16384; PRAGMA temp_store=MEMORY;"
            ),
        },
    }
elif DATABASES["default"]["ENGINE"] == "django.db.backends.postgresql":
    DATABASES["default"]["CONN_MAX_AGE"] = 0
    DATABASES["default"]["CONN_HEALTH_CHECKS"] = True  # the pool hands out no connection that a restart has cut
    DATABASES["default"]["OPTIONS"] = {
        **DATABASES["default"].get("OPTIONS", {}),
        "pool": {"min_size": 1, "max_size": env.int("ZHIBEN_DATABASE_CONNECTIONS", 8), "timeout": 10},
    }

# --- language, time, static files, logs ------------------------------------------------------------------------

LANGUAGE_CODE = "zh-hans"
TIME_ZONE = "Asia/Shanghai"
USE_TZ = True

STATIC_URL = "/static/"
STATIC_ROOT = env.str("ZHIBEN_STATIC_ROOT", None)
WHITENOISE_USE_FINDERS = True
"""What the build made is what is served; there is no second copy to forget after an upgrade."""
WHITENOISE_IMMUTABLE_FILE_TEST = r"/static/build/assets/.+-[A-Za-z0-9_-]{8}\."

LOGGING_CONFIG = "zhiben.config.logs.configure"
LOGGING = logging_settings(
    style=env.str("ZHIBEN_LOG_STYLE", "json"),
    level=env.str("ZHIBEN_LOG_LEVEL", "INFO"),
)

ZHIBEN_METRICS_TOKEN = env.str("ZHIBEN_METRICS_TOKEN", "")
ZHIBEN_METRICS_NETWORKS: list[str] = env.list("ZHIBEN_METRICS_NETWORKS", [])

ZHIBEN_SECOND_HAND = env.bool("ZHIBEN_SECOND_HAND", True)

FILE_UPLOAD_HANDLERS = ["zhiben.core.files.spooling.SpoolToDisk"]

# --- requests to other systems ---------------------------------------------------------------------------------

ZHIBEN_OUTBOUND_HOSTS: list[str] = env.list("ZHIBEN_OUTBOUND_HOSTS", [])

# --- messages that leave the house -----------------------------------------------------------------------------

ZHIBEN_PUBLIC_URL = env.str("ZHIBEN_PUBLIC_URL", "").rstrip("/")
ZHIBEN_MESSAGES_A_DAY = env.int("ZHIBEN_MESSAGES_A_DAY", 20)
ZHIBEN_SMTP_URL = env.str("ZHIBEN_SMTP_URL", "")
ZHIBEN_SMTP_CA = env.str("ZHIBEN_SMTP_CA", "")
ZHIBEN_MAIL_FROM = env.str("ZHIBEN_MAIL_FROM", "")
ZHIBEN_MAIL_PER_MINUTE = env.int("ZHIBEN_MAIL_PER_MINUTE", 300)
ZHIBEN_SMS_GATEWAY = env.str("ZHIBEN_SMS_GATEWAY", "")
ZHIBEN_SMS_URL = env.str("ZHIBEN_SMS_URL", "")
ZHIBEN_SMS_BODY = env.str("ZHIBEN_SMS_BODY", '{"mobile": "{mobile}", "content": "{text}", "id": "{key}"}')
ZHIBEN_SMS_HEADERS = env.str("ZHIBEN_SMS_HEADERS", "")
ZHIBEN_SMS_SUCCESS = env.str("ZHIBEN_SMS_SUCCESS", "")
if ZHIBEN_DRILL:  # robots and webhooks are stopped in `zhiben.core.outbound`
    ZHIBEN_SMTP_URL = ZHIBEN_SMS_GATEWAY = ""
