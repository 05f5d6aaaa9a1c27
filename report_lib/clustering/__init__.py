"""What groups the images fall into."""
