"""What mail programs and screen readers will do wrong with a letter: Content in, findings out (R10)."""
