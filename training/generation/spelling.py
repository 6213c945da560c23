"""Names as programs spell them."""


def capitalised(name: str) -> str:
    """``order_item`` as ``OrderItem``."""
    return "".join(part.capitalize() for part in name.split("_"))


def camel_case(name: str) -> str:
    """``order_item`` as ``orderItem``."""
    big = capitalised(name)
    return big[:1].lower() + big[1:]
