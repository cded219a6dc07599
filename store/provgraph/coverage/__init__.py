"""What the records of a store lack, how much of it they have, and the line that would close each gap."""
