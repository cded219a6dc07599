"""The drawings of the page Error analysis: a list with intervals, a matrix, a course over time. Nothing is fetched."""
