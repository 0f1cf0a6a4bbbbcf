import sys
import time


def say(line: str) -> None:
    """Tells on the error stream how far the work has come."""
    sys.stderr.write(f"{time.strftime('%H:%M:%S')} {line}\n")
