"""Reports: each module turns a result object into one kind of output."""
