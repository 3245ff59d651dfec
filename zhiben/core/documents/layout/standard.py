"""The numbers of GB/T 9704-2012, each in one place. Lengths of the standard are millimetres; Word counts twips.

Where the standard is silent (size of the issuer's mark, of tables and captions) the usual practice of offices is kept.
"""

PAGE = (210.0, 297.0)  # 5.1 A4
TOP, BINDING = 37.0, 28.0  # 5.2.1 天头, 订口
TEXT = (156.0, 225.0)  # 5.2.1 版心
LINES, CHARACTERS = 22, 28  # 5.2.3 a page, a line

MARK_TOP = 35.0  # 7.2.4 发文机关标志上边缘至版心上边缘
RULE_BELOW_NUMBER = 4.0  # 7.2.7 发文字号之下 4 mm
PAGE_NUMBER_BELOW_TEXT = 7.0  # 7.5 一字线上距版心下边缘

SIZE_2, SIZE_3, SIZE_4, SIZE_5 = 22.0, 16.0, 14.0, 10.5  # 二号, 三号, 四号, 五号, in points
MARK_SIZE = 50.0
"""The largest mark; a long one is made smaller until it stands on one line, down to `MARK_LEAST`."""
MARK_LEAST = 22.0
MARK_WIDTH = 0.8
"""Characters of the mark are drawn this much narrower than high, as the red heads of offices are."""

SONG_TITLE, FANG, KAI, HEI, SONG = "方正小标宋简体", "仿宋_GB2312", "楷体_GB2312", "黑体", "宋体"
ALTERNATES = {
    SONG_TITLE: "小标宋体;FZXiaoBiaoSong-B05S;华文中宋;STZhongsong;Noto Serif CJK SC;Source Han Serif SC",
    FANG: "仿宋;FangSong;FangSong_GB2312;方正仿宋_GBK;华文仿宋;STFangsong;Noto Serif CJK SC;Source Han Serif SC",
    KAI: "楷体;KaiTi;KaiTi_GB2312;方正楷体_GBK;华文楷体;STKaiti;Noto Serif CJK SC;Source Han Serif SC",
    HEI: "SimHei;方正黑体_GBK;华文黑体;STHeiti;Noto Sans CJK SC;Source Han Sans SC",
    SONG: "SimSun;华文宋体;STSong;Noto Serif CJK SC;Source Han Serif SC",
}
"""Named first as the standard says, then what a computer without them may have (fontTable `altName`)."""
FACES = {"": FANG, "hei": HEI, "kai": KAI}

RED = "FF0000"


def twips(millimetres: float) -> int:
    """1 mm is 56.69 twips (a twentieth of a point).

    >>> twips(156), twips(225)
    (8844, 12756)
    """
    return round(millimetres * 1440 / 25.4)


LINE = twips(TEXT[1]) // LINES
"""Twips of one line: 579, so that 22 of them stand on a page whatever the font."""
CHARACTER = twips(TEXT[0]) / CHARACTERS
"""Twips of one character's place: 315.86, a little less than the 16 points of 三号."""
SQUEEZE = round((CHARACTER / 20 - SIZE_3) * 4096)
"""`charSpace` of the grid, in 1/4096 of a point: what makes 28 characters of 三号 stand in 156 mm."""
CLOSER = int(CHARACTER - SIZE_3 * 20) - 2
"""Twips by which characters of 三号 stand closer. The text says so itself and does not snap to the grid, because
LibreOffice gives a character that is wider than its place two places; nor does it keep to a single twip."""


def characters(count: float) -> int:
    """Twips of so many character places.

    >>> characters(2)
    632
    """
    return round(count * CHARACTER)
