"""Events and profiles coming in: checks of hostile files, canonical rows, import into the lake."""
