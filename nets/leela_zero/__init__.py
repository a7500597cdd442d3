"""Leela Zero's weight files (text, gzipped or not; versions 1 and 2): parser, description, module."""
