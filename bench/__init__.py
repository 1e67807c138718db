"""Measured claims: each file says what it claims, measures it beside a plain baseline, and fails where it is not so."""
