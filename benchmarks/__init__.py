"""Speed and scale, printed and never asserted."""
