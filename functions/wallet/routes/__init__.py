"""Which path is which rule, and how often it may be asked. Each module registers its routes on the application when it is imported."""
