"""Code to calls: a text is read, never run."""
