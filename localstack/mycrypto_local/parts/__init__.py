"""The real servers a platform on one machine is made of, each described once, for the runner and for the tests alike."""
