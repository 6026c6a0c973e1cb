"""PartGen: take meshes apart. The base package needs numpy alone; roles that need more import it where they use it."""

__version__ = "0.1.0"
