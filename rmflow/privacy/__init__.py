"""Personal data: encrypted at rest, masked until asked for, each look at it on record.

`crypto` and `fields` keep the columns, `blind` finds a whole number again, `normal` reads what was
typed, `masks` shows it, `actions` reveals and logs, `chain` makes the log tamper-evident.
"""
