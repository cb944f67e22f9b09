"""KYC: the pictures of an application are scanned before a person sees them."""
