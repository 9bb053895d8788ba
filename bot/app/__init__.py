"""The application: one door for commands, and what arrives, leaves and falls due around it."""
