"""What must hold at the end of every history: each check is a function that names what is wrong."""
