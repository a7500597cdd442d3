"""Pages for a browser: scripts that several of them share, and a page put together as one file."""
