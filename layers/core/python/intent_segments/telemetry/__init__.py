"""What the product tells about its own work: log lines, metrics, measured steps and their price."""
