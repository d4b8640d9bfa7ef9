"""Mail that comes in: kept before it is acknowledged, then worked off by whichever mailbox it is for."""
