"""The pages: one module each, with a function that draws the page from an open graph."""
