"""Speed and memory as ratios against the framework in one process. ``make bench`` prints them."""
