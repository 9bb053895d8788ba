"""The pure core: the letter's rules as values; no clock, no input or output, no framework."""
