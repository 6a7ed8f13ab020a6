"""Pages: Jinja2, htmx, static assets. Imports backend; holds neither Cypher nor the driver."""
