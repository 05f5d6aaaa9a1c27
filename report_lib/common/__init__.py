"""What any phase may use, and what knows no phase."""
