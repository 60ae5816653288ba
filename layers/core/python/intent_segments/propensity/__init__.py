"""Who will do it: features, labels, models, forecasts and their honest intervals."""
