"""Which path is which rule. Each module registers its routes on the application when it is imported."""
