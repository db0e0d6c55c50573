"""Reading an MLflow registry: a version, its run and its artifacts, through the tracking server's REST API.

The client is our own and small: the package `mlflow` would bring seventy others into every installation, for five
calls. Owns reading and checking what a server says; pushing and attesting it is done as for any other version.
"""
