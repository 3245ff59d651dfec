"""All settings, read from the environment. Each is named and explained in docs/operations.md."""

from pathlib import Path

import dj_database_url
from environs import Env

env = Env()
ROOT = Path(__file__).resolve().parents[2]

ZHIBEN_DEMO = env.bool("ZHIBEN_DEMO", False)
ZHIBEN_DATA = Path(env.str("ZHIBEN_DATA", str(ROOT / "var")))
ZHIBEN_FILES_ROOT = ZHIBEN_DATA / "files"
ZHIBEN_AUDIT_ROOT = ZHIBEN_DATA / "audit"
ZHIBEN_DIGEST = env.str("ZHIBEN_DIGEST", "sm3")

DEBUG = env.bool("ZHIBEN_DEBUG", False)
SECRET_KEY = env.str("ZHIBEN_SECRET_KEY", "development-only-never-in-production")
ALLOWED_HOSTS = env.list("ZHIBEN_HOSTS", ["localhost", "127.0.0.1", "[::1]", "testserver"])

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
    "zhiben.core.web",
    "zhiben.modules.tasks",
    "zhiben.modules.plans",
]

DATABASES = {
    "default": dj_database_url.parse(env.str("DATABASE_URL", f"sqlite:///{ZHIBEN_DATA / 'zhiben.sqlite3'}")),
}
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 30,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON;",
    }

AUTH_USER_MODEL = "accounts.User"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "axes.middleware.AxesMiddleware",
]
AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "django.contrib.auth.backends.ModelBackend"]

ROOT_URLCONF = "zhiben.config.urls"
WSGI_APPLICATION = "zhiben.config.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

LANGUAGE_CODE = "zh-hans"
TIME_ZONE = "Asia/Shanghai"
USE_TZ = True
STATIC_URL = "/static/"
STATIC_ROOT = ZHIBEN_DATA / "static"
LOGIN_URL = "/login/"
