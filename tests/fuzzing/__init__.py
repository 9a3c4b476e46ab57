"""Drawn texts, right and wrong ones, and the way that each of them takes through Isorate."""
