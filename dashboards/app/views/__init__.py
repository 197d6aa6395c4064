"""A page a module: each asks its queries and draws what they answer.

Not called pages: Streamlit takes every file of a folder of that name for a page of its own.
"""
