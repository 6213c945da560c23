"""The way out of a sandbox: named domains, by a proxy that checks each connection."""
