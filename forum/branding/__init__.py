"""What the site is called and looks like, as admins set it."""
