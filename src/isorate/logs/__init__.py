"""What a run left behind: files of many formats, one module each, become a ``Log``.

A format module says in ``FORMAT`` how its files are recognized and read, and how their steps are
counted. ``finding`` picks the format by the content of a file, and searches directories.
"""
