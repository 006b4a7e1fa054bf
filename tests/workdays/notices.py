"""A plausible notice for 2027, as an admin would upload it."""

OFF = {
    "元旦": ["01-01", "01-02", "01-03"],
    "春节": ["02-05", "02-06", "02-07", "02-08", "02-09", "02-10", "02-11", "02-12", "02-13"],
    "清明节": ["04-03", "04-04", "04-05"],
    "劳动节": ["05-01", "05-02", "05-03", "05-04", "05-05"],
    "端午节": ["06-09"],
    "中秋节": ["09-15"],
    "国庆节": ["10-01", "10-02", "10-03", "10-04", "10-05", "10-06", "10-07"],
}
WORK = {"春节": ["01-31", "02-20"], "劳动节": ["05-08"], "国庆节": ["09-26", "10-09"]}


def rows(year=2027):
    """Lines of the file without the heads."""
    lines = [f"{year}-{day},off,{label}" for label, days in OFF.items() for day in days]
    return lines + [f"{year}-{day},work,{label}" for label, days in WORK.items() for day in days]


def text(*more, year=2027):
    """The whole file, with further lines at its end."""
    return "\n".join(["date,kind,label", *rows(year), *more]) + "\n"
