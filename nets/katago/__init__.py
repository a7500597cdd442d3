"""KataGo's net files (``.bin.gz``, ``.txt.gz``, ``.bin``, ``.txt``): parser, description, module, conversion."""
