"""What a string is: its direction, its language, what is odd in it, and how it is shown. Pure."""
