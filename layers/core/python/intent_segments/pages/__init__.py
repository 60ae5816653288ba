"""Documents for people, drawn from answers: pages that bring everything along, and tables."""
