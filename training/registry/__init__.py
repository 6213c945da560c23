"""The students that came of training: base, weights, prompt, calling format, quantisation as one artefact.

``store`` keeps them, ``artefact`` makes and proves their files, ``deployments`` knows which one serves and
served before.
"""

from training.registry.base import Base, Lineage, Parts, Registered, RegistryError, State
from training.registry.store import Registry

__all__ = ["Base", "Lineage", "Parts", "Registered", "Registry", "RegistryError", "State"]
