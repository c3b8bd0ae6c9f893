"""How long the parts take beside their alternatives."""
