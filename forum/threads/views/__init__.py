"""The pages of threads."""

from forum.threads.views import (
    asking,
    choosing,
    closing,
    editing,
    feeds,
    lists,
    profile,
    removing,
    replying,
    tag_keeping,
    thread,
)

routes = [
    *feeds.routes,
    *lists.routes,
    *asking.routes,
    *replying.routes,
    *choosing.routes,
    *closing.routes,
    *removing.routes,
    *editing.routes,
    *profile.routes,
    *thread.routes,
    *tag_keeping.routes,
]
