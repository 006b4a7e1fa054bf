"""Sub-process 1, identification and referral: the lobby desk, the slip, the waiting client."""
