"""Contents of files for the tests."""

import io

from PIL import Image

PDF = b"%PDF-1.4\n1 0 obj\n<<>>\nendobj\ntrailer<<>>\n%%EOF"


def jpeg(size: tuple[int, int] = (800, 600), *, exif: Image.Exif | None = None) -> bytes:
    """Red on the left, white on the right."""
    picture = Image.new("RGB", size, "white")
    picture.paste("red", (0, 0, size[0] // 4, size[1]))
    out = io.BytesIO()
    picture.save(out, "JPEG", exif=exif or Image.Exif())
    return out.getvalue()


def png(size: tuple[int, int] = (100, 100), mode: str = "RGBA") -> bytes:
    out = io.BytesIO()
    Image.new(mode, size).save(out, "PNG")
    return out.getvalue()
