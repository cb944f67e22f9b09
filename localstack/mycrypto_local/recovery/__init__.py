"""The recovery drill: back up as production does, lose everything, come back, prove that nothing differs."""
