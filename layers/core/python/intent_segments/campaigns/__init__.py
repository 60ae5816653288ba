"""Test against control: how much more, or less, did the users do it who were reached?"""
