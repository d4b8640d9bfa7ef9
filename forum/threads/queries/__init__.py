"""What pages about threads show, as complete, frozen rows."""

from forum.threads.queries.people import Person, people
from forum.threads.queries.posts import PostRow, find_post, find_posts, path_of

__all__ = ["Person", "PostRow", "find_post", "find_posts", "path_of", "people"]
