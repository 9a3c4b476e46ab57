"""Trainings with the loops of other people's tools, which take Isorate's schedulers unchanged."""

import os

os.environ.setdefault("HF_HUB_OFFLINE", "1")  # two of the tools read it when they are imported
