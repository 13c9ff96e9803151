"""What people read: pages made from masked values only."""
