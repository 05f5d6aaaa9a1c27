"""What the images can be described with."""
