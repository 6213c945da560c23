"""What tests find their own processes by, among all of the machine."""

import uuid


def sleep_mark() -> str:
    """Seconds to sleep for, many hours, which nothing else on this machine sleeps for."""
    return f"27182.{uuid.uuid4().int % 10**9:09}"
