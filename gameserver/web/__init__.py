"""What views are written with: messages, routing, errors, forms. Knows no socket and no game."""
