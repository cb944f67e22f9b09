"""What the API document says of each operation, as tables by subject; a test holds them against the routes that the function really has."""
