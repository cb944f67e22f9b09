"""The endpoints, by subject. Each takes a call and gives a reply; refusals are raised as problems."""
