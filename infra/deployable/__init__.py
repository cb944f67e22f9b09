"""``make deployable``: what the templates of a stage say about a deployment, worked out without AWS.

Each component says beside itself (``reaches.toml``) what it connects to and what it asks of AWS. The checks hold the templates against that and against
AWS's own rules: :mod:`reachability`, :mod:`permissions`, :mod:`life`, :mod:`limits`, :mod:`configuration`.
"""
