"""KYC: the pictures of an application are scanned, and the population register is asked, before a person sees them."""
