"""Invitations to the site: a mailed link for one address, once, for two weeks."""
