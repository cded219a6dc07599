"""The provgraph dashboard: a Streamlit application over a provgraph store."""
