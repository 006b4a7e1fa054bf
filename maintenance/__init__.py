"""Sub-process 4, relationship maintenance: plans, care, related sales."""
