"""Parts of the page Coverage."""
