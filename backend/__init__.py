"""Packs, detection, leads, exploration, accounts, audit. Imports graph_loader, never ui."""
