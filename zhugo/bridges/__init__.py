"""Between people's programs and the daemon: ``gtp`` and ``analysis`` for GUIs and tools, ``play`` for the terminal."""
