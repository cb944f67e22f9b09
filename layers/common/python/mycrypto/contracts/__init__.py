"""The messages that parts of the platform exchange; versioned, so that an old log can always be read."""
