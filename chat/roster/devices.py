"""The kind of device behind a connection, as far as its browser says so: for its user's eyes."""


def device_of(user_agent: str) -> str:
    """computer, phone, tablet, or program for what is no browser. A guess, decides nothing."""
    if not user_agent.startswith("Mozilla/"):
        return "program"
    if "iPad" in user_agent or ("Android" in user_agent and "Mobile" not in user_agent):
        return "tablet"
    return "phone" if "Mobi" in user_agent else "computer"
