"""What the command line says."""

import argparse


def arguments() -> argparse.Namespace:
    """Return the arguments of a run."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--lr", type=float, default=0.1)
    parser.add_argument("--epochs", type=int, default=4)
    parser.add_argument("--warmup", type=int, required=True, help="in updates")
    return parser.parse_args()
