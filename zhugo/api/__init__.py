"""ZhuGo for Python programs: ``engine`` starts or finds a daemon, ``game`` plays and searches in it, ``results`` is
what comes back, ``review`` judges the moves of a record. All of it is in ``zhugo`` itself, too.
"""
