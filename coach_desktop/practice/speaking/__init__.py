"""Chuck's voice: programs that speak, what the mouth does meanwhile, and when he is interrupted."""
