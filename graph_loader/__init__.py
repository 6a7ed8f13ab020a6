"""Files in, graph out: engine, evidence, ontology, sources, kinship, writers, sample county. Imports only itself."""
