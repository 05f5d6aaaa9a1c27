"""What we have."""
