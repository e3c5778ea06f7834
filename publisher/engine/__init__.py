"""Where deliveries run."""
