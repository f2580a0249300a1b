"""Media types and the extensions of their files, both ways.

Own table: the standard one reads the machine's files, so a name would differ from host to host.
"""

_PAIRS = """
.txt text/plain
.html text/html
.htm text/html
.css text/css
.csv text/csv
.md text/markdown
.xml text/xml
.xml application/xml
.rtf application/rtf
.rtf text/rtf
.ics text/calendar
.ics application/ics
.vcf text/vcard
.vcf text/x-vcard
.vcf text/directory
.eml message/rfc822
.eml message/global
.asc application/pgp-signature
.asc application/pgp-keys
.p7s application/pkcs7-signature
.p7s application/x-pkcs7-signature
.p7m application/pkcs7-mime
.p7m application/x-pkcs7-mime
.jpg image/jpeg
.jpg image/jpg
.jpg image/pjpeg
.jpeg image/jpeg
.png image/png
.png image/x-png
.gif image/gif
.bmp image/bmp
.webp image/webp
.heic image/heic
.heif image/heif
.svg image/svg+xml
.tiff image/tiff
.tif image/tiff
.ico image/vnd.microsoft.icon
.mp3 audio/mpeg
.m4a audio/mp4
.wav audio/wav
.wav audio/x-wav
.ogg audio/ogg
.amr audio/amr
.mp4 video/mp4
.mov video/quicktime
.avi video/x-msvideo
.webm video/webm
.3gp video/3gpp
.pdf application/pdf
.zip application/zip
.zip application/x-zip-compressed
.gz application/gzip
.7z application/x-7z-compressed
.rar application/vnd.rar
.rar application/x-rar-compressed
.tar application/x-tar
.json application/json
.js text/javascript
.doc application/msword
.docx application/vnd.openxmlformats-officedocument.wordprocessingml.document
.xls application/vnd.ms-excel
.xlsx application/vnd.openxmlformats-officedocument.spreadsheetml.sheet
.ppt application/vnd.ms-powerpoint
.pptx application/vnd.openxmlformats-officedocument.presentationml.presentation
.odt application/vnd.oasis.opendocument.text
.ods application/vnd.oasis.opendocument.spreadsheet
.dat application/ms-tnef
.ps application/postscript
"""
_EXTENSIONS: dict[str, str] = {}
_TYPES: dict[str, str] = {}
for _extension, _media_type in (line.split() for line in _PAIRS.split("\n") if line):
    _EXTENSIONS.setdefault(_media_type, _extension)
    _TYPES.setdefault(_extension, _media_type)


def extension_of(media_type: str) -> str:
    """With its dot; empty if none is known."""
    return _EXTENSIONS.get(media_type, "")


def media_type_of(name: str) -> str:
    """By its extension, for a file whose mail does not say."""
    dot = name.rfind(".")
    return _TYPES.get(name[dot:].lower() if dot >= 0 else "", "application/octet-stream")
