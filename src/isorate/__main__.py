"""``python -m isorate``."""

from isorate.cli import main

main()
