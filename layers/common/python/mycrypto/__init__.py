"""What every part of the platform shares: money, ids, errors, settings and the contracts between parts."""
