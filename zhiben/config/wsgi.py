import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "zhiben.config.settings")
application = get_wsgi_application()

from zhiben.config.checks import refuse_unsafe  # noqa: E402 - needs the settings loaded above

refuse_unsafe()
