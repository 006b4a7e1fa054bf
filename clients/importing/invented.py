"""Names for rows that have none: believable, and the same for the same row in every run."""

FAMILY = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈"
    "姚卢姜崔钟谭陆汪范金石廖贾夏韦付方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤"
)
#: The first ones are the most frequent: these many hundredths of people have one of the first twenty.
FREQUENT, HUNDREDTHS = 20, 55
FIRST = "文志建国明永家俊子晓小雨思海春玉秀桂淑慧佳欣嘉天宇振正德立光新世伟金红丽美雪梦静雅宏泽凯"
MADAM = "芳娜敏静秀娟英华慧巧美娥玲芬燕彩春菊兰凤洁梅琳云莲真环雪荣爱妹霞香月莺媛艳瑞凡佳怡婷"
SIR = "伟强磊洋勇军杰涛超明刚平辉鹏斌波宇浩凯健俊峰龙飞帆林彬海翔毅江川山松柏楠宁东亮成"
_SPREAD = 2654435761  # Knuth's multiplier: neighbouring rows get unlike names


def person(row: int) -> tuple[str, str]:
    """(name, salutation) of a data row."""
    n = (row * _SPREAD) % 2**32
    madam = (n >> 7) % 2 == 0
    share, n = n % 100, n // 100
    pool = FAMILY[:FREQUENT] if share < HUNDREDTHS else FAMILY[FREQUENT:]
    family, n = pool[n % len(pool)], n // len(pool)
    last = MADAM if madam else SIR
    given, n = last[n % len(last)], n // len(last)
    if n % 6:  # one name in six has two characters
        given = FIRST[n % len(FIRST)] + given
    return family + given, "madam" if madam else "sir"
