"""The Streamlit application: pages for people who look at the data every morning."""

import logging

# Streamlit warns of caches that are declared before its server runs, as ours are: serving names their source first.
logging.getLogger("streamlit.runtime.caching.cache_data_api").disabled = True
