"""What the doctor looks at, for one account: each server behind this one, and what it found."""
