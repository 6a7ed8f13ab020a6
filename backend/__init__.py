"""Packs, detection, leads, exploration, accounts, audit. Imports graph_loader, never ui."""

from graph_loader.errors import GuanxiError

__all__ = ["GuanxiError"]
