"""The files of received messages as rows: stored, to be fetched, or refused."""

from router.services.inbound.sources import StoredFile
from router.storage.inbound import NewAttachment

MAX_NAME = 200


def to_attachment(message_id: int, position: int, file: StoredFile) -> NewAttachment:
    return NewAttachment(
        message_id=message_id,
        position=position,
        name=file.attachment.name[:MAX_NAME],
        media_type=file.attachment.media_type[:MAX_NAME],
        size=file.size,
        sha256=file.blob_key,
        blob_key=file.blob_key,
        content_id=file.attachment.content_id,
        is_inline=file.attachment.is_inline,
        state=_file_state(file.blob_key, file.refused),
        refused_reason=file.refused,
        remote=file.attachment.remote,
    )


def _file_state(blob_key: str | None, refused: str) -> str:
    if blob_key is not None:
        return "stored"
    return "refused" if refused else "pending"
