"""Native arithmetic beside the real frameworks, on configurations that hypothesis draws."""
