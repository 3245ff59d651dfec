"""Uploads on their way in: a disk that fills up while a file arrives is answered with a sentence, not with a stack."""

from typing import Any

from django.core.files.uploadhandler import StopUpload, TemporaryFileUploadHandler

from .store import NO_SPACE

DISK_FULL = "zhiben.disk_full"


class SpoolToDisk(TemporaryFileUploadHandler):
    """Marks the request when there is no room; `RefusalMiddleware` answers it before any view sees half a file."""

    def receive_data_chunk(self, raw_data: bytes, start: int) -> Any:
        try:
            return super().receive_data_chunk(raw_data, start)
        except OSError as problem:
            if problem.errno not in NO_SPACE:
                raise
            assert self.request is not None
            self.request.META[DISK_FULL] = True
            raise StopUpload(connection_reset=False) from problem
