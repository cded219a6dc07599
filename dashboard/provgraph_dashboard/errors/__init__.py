"""The parts of the page Error analysis: what it is asked, what it finds, and how that is drawn."""
