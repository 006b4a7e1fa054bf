"""Doors of the referrals: the desk, the lists and slips, the reception."""
