"""Loading DAG files: importing one (`load_file`), describing what it holds (`parse_file`), and the host that contains bad ones."""
from vortex.loading.load_file import LoadedFile, load_file

__all__ = ["LoadedFile", "load_file"]
