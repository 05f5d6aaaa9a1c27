"""What structure is in a set of small greyscale images, and what can be done with it."""

from pathlib import Path

__version__ = "0.1.0"

ROOT = Path(__file__).resolve().parent.parent
