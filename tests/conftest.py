from __future__ import annotations

from hypothesis import settings

# A machine that does other work, too, takes longer for an example; that says nothing of the program.
settings.register_profile("patient", deadline=None)
settings.load_profile("patient")
