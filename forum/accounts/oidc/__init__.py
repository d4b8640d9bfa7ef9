"""Signing in with an OpenID Connect provider, and what links its people to accounts."""
