"""The commands of `zhugo`, one module each."""
