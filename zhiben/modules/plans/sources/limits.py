"""How much we are willing to open. One place; every refusal that names a limit takes it from here."""

MB = 1 << 20

FILE = 200 * MB  # one uploaded file
TEXT_FILE = 50 * MB  # a text, web page or Markdown file; a long plan is 0.2 MB
TEXT_CHARACTERS = 10_000_000  # what one document may come to

ARCHIVE_MEMBERS = 500  # files in one zip
ARCHIVE_UNPACKED = 500 * MB  # all of them together
ARCHIVE_RATIO = 200  # unpacked : packed, of one member over RATIO_FROM; text packs about 5:1, a bomb 1000:1
RATIO_FROM = 10 * MB
ARCHIVE_DEPTH = 1  # a zip inside a zip is opened; a third level is not

OFFICE_PART = 100 * MB  # one XML part of a docx, unpacked
TABLE_COLUMNS = 200  # the widest span of one cell that is believed

PDF_PAGES = 3000
OCR_PAGES = 500
OCR_DPI = 200  # 小四 at 200 dpi is 33 px high, enough for the recogniser
OCR_PIXELS = 60_000_000  # of one picture; larger ones are refused before they are decoded
OCR_SIDE = 4000  # px of the longer side of a rendered page or photograph
OCR_PAGE_SECONDS = 600  # one page takes 4 s, and many times that on a busy machine
OCR_KEPT_DAYS = 7  # recognised pages are kept so that a killed run resumes, then removed

OFFICE_SECONDS = 120  # LibreOffice converting one file
