"""The Streamlit application: pages for people who look at the data every morning."""
