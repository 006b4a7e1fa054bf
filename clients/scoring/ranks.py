"""The types by rank, best first: what the evaluation compares; one table, read by Python and by SQL."""

from ..rules import ClientType, Level

CORE, REGULAR, PROSPECTIVE, POTENTIAL, ORDINARY, NONE = 5, 4, 3, 2, 1, 0
#: Rank → type and level. A premium client without a level counts as regular.
RANKS = {
    CORE: (ClientType.EXISTING_PREMIUM, Level.CORE),
    REGULAR: (ClientType.EXISTING_PREMIUM, Level.REGULAR),
    PROSPECTIVE: (ClientType.PROSPECTIVE_PREMIUM, ""),
    POTENTIAL: (ClientType.EXISTING_POTENTIAL, ""),
    ORDINARY: (ClientType.ORDINARY, ""),
}


def of_tier(tier):
    """The rank a tier gives: premium by the table, else by its hint."""
    if tier.premium:
        return CORE if tier.core else REGULAR
    hinted = (rank for rank in (PROSPECTIVE, POTENTIAL) if RANKS[rank][0] == tier.type_hint)
    return next(hinted, ORDINARY)


def rank_sql(type, level):
    """The rank of a type and level, as SQL over two columns."""
    arms = " ".join(
        f"WHEN {type} = '{kind.value}'"
        + (f" AND {level} = '{Level.CORE.value}'" if rank == CORE else "")
        + f" THEN {rank}"
        for rank, (kind, _level) in RANKS.items()
    )
    return f"(CASE {arms} ELSE {NONE} END)"


def type_sql(rank):
    """The type of a rank, as SQL; without one the type before."""
    arms = " ".join(f"WHEN {number} THEN '{kind.value}'" for number, (kind, _level) in RANKS.items())
    return f"(CASE {rank} {arms} ELSE type_before END)"


def level_sql(rank):
    arms = " ".join(
        f"WHEN {number} THEN '{Level(level).value}'" for number, (_kind, level) in RANKS.items() if level
    )
    return f"(CASE {rank} {arms} ELSE '' END)"
