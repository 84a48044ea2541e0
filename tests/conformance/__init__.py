"""A kit that puts any chat or presence server under faults and judges what its users were shown.

It knows a server by its adapter alone (adapter.py) and looks at nothing but screens: what each
person's tab showed of the others, and since when. docs/CONFORMANCE.md has the results.
"""
