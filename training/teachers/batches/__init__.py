"""The providers' batch APIs: half the price, within a day."""
