"""Files of a form: kept at once, so that a refused form does not ask for them again."""

from collections.abc import Callable
from typing import Any

from django.core.files.uploadedfile import UploadedFile

from zhiben.core.files import services as files_services
from zhiben.core.files.models import Upload
from zhiben.core.web.keys import keys_of

from .at import At


def keep_files(at: At) -> Callable[[list[UploadedFile], list[str]], list[Any]]:
    """Stores what was sent and finds again what this person sent before. Raises Refused."""

    def keep(files: list[UploadedFile], kept: list[str]) -> list[Any]:
        before = list(
            Upload.objects.filter(pk__in=keys_of(kept), uploaded_by_id=at.acting.person.pk).select_related("file")
        )
        return before + [
            files_services.receive_upload(file, name=file.name or "", by=at.acting, now=at.now) for file in files
        ]

    return keep
