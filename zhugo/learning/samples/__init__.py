"""Samples: searched positions of finished games on disk, for training to read.

shard    the arrays of one file, and how games become such arrays
files    writing and reading a file, of this version and of earlier ones
older    files that distillation wrote before it shared this format
folder   the files of a folder, as they come in
"""
