"""An e-mail address met in a text: it, and not the end of a longer one."""

from __future__ import annotations

import re


def mention_of(email: str) -> re.Pattern[str]:
    """Make what finds an address in a text, whatever its case: ann@example.com is not in joann@example.com.au."""
    return re.compile(rf"(?<![\w.%+-]){re.escape(email)}(?![\w-]|\.\w)", re.IGNORECASE)
