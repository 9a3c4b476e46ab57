"""Reports: each module turns a result object into one kind of output."""

#: The longest run that is drawn: more updates would take longer to draw than to compare.
LONGEST_DRAWN = 10**6
