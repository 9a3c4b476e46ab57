"""What the schedulers to train with share, whatever the framework: rates, states, longer runs."""
