"""What can be told of a new image."""
