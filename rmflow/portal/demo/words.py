"""Names and words of the demo: common surnames by how common they are, given names, occupations."""

import random

#: surname → per mille of the population, roughly
SURNAMES = {
    "王": 72, "李": 72, "张": 68, "刘": 54, "陈": 45, "杨": 31, "黄": 22, "赵": 21, "吴": 20, "周": 19,
    "徐": 15, "孙": 15, "马": 13, "朱": 13, "胡": 12, "郭": 12, "何": 11, "高": 10, "林": 10, "罗": 9,
    "郑": 9, "梁": 8, "谢": 8, "宋": 7, "唐": 7, "许": 6, "韩": 6, "冯": 6, "邓": 6, "曹": 6,
    "彭": 5, "曾": 5, "肖": 5, "田": 5, "董": 4, "袁": 4, "潘": 4, "蒋": 4, "蔡": 4, "余": 4,
    "杜": 4, "叶": 4, "程": 4, "苏": 4, "魏": 4, "吕": 3, "丁": 3, "任": 3, "沈": 3, "姚": 3,
    "卢": 3, "姜": 3, "崔": 3, "钟": 3, "谭": 3, "陆": 3, "汪": 3, "范": 3, "金": 3, "石": 3,
    "单": 1, "解": 1, "仇": 1, "欧阳": 2, "司马": 1, "上官": 1,
}  # fmt: skip
WOMEN = [
    "美华",
    "秀英",
    "丽萍",
    "淑芬",
    "桂兰",
    "玉梅",
    "海燕",
    "晓燕",
    "春霞",
    "红梅",
    "丽娟",
    "敏",
    "静",
    "婷",
    "雪",
    "娟",
    "芳",
    "丹",
    "倩",
    "雯",
    "慧敏",
    "佳怡",
    "雨欣",
    "思琪",
    "文静",
    "玉兰",
    "凤英",
    "秀兰",
    "晓红",
    "雅琴",
]
MEN = [
    "建国",
    "建华",
    "志强",
    "志远",
    "国强",
    "立军",
    "海涛",
    "建平",
    "伟",
    "勇",
    "军",
    "磊",
    "涛",
    "明",
    "杰",
    "鹏",
    "浩",
    "宇轩",
    "子豪",
    "俊杰",
    "文博",
    "大勇",
    "永强",
    "德明",
    "振华",
    "国栋",
    "晓东",
    "志刚",
    "少华",
    "家豪",
]
OCCUPATIONS = {
    "企业主": 6, "企业高管": 5, "医生": 4, "律师": 2, "公务员": 8, "教师": 8, "国企职工": 12, "公司职员": 22,
    "个体工商户": 12, "退休": 15, "自由职业": 4, "学生": 2,
}  # fmt: skip
EDUCATION = {"初中及以下": 14, "高中或中专": 28, "大专": 26, "本科": 26, "研究生": 6}
MARITAL = {"已婚": 68, "未婚": 22, "离异": 7, "丧偶": 3}
ROADS = [
    "中山西路",
    "延安中路",
    "北京路",
    "花果园大街",
    "观山西路",
    "遵义路",
    "瑞金南路",
    "长江路",
    "金阳南路",
    "兴筑西路",
]
FINDINGS = [
    "愿意了解三年期大额存单，希望利率再高一些。",
    "定期月底到期，打算留一部分活期备用。",
    "女儿明年留学，关心购汇额度和汇率。",
    "他行有一笔理财十二月到期，可以谈承接。",
    "对净值波动比较在意，倾向稳健产品。",
    "想给父母配置一份养老保险，约了周末再谈。",
    "近期装修用钱，暂不考虑新增。",
    "询问国债发行时间，要求到时通知。",
    "对手机银行操作不熟，需要当面辅导。",
    "公司回款在年底，届时再安排。",
]
REASONS = ["客户赶时间", "客户改日再来", "排队时间较长，客户先行离开"]


def weighted(rng: random.Random, table: dict[str, int]) -> str:
    """One key of `table`, as often as its weight says."""
    return rng.choices(list(table), weights=list(table.values()))[0]


def person(rng: random.Random) -> tuple[str, str]:
    """A name and its salutation."""
    surname, woman = weighted(rng, SURNAMES), rng.random() < 0.54
    return surname + rng.choice(WOMEN if woman else MEN), "madam" if woman else "sir"


def phone(number: int) -> str:
    """The n-th invented mobile number: the middle four digits are always 0000."""
    prefixes = (138, 139, 136, 137, 135, 150, 151, 158, 159, 186, 187, 188, 189, 177, 181, 133)
    head, tail = divmod(number * 7919, 10000)
    return f"{prefixes[(head + number // 10000) % len(prefixes)]}0000{tail:04d}"
