"""Puts the root of the repository on the path, so that tests can share modules of this package."""
