"""
`python tools/references.py`: makes anew all that is generated from docstrings, signatures and facts.py: what shipped plugins register, the JSON Schema
of DAG files, the catalogue of the code editor, the references in docs/dag-factory.md and docs/plugins.md, and docs/operators.md.
"""
import os
import subprocess
import sys

FOLDER = os.path.dirname(os.path.abspath(__file__))
# In this order: the second reads what the first writes, the fourth what the second does.
COMMANDS = (["-m", "vortex.plugins.shipped"], ["-m", "vortex.factory.schema"], ["tools/author_catalogue.py"], ["tools/factory_reference.py"], ["tools/plugin_reference.py"], ["tools/operator_reference.py"])

if __name__ == "__main__":
    for command in COMMANDS:
        # An interpreter each: what one imports must not show in the next.
        subprocess.run([sys.executable, *command], cwd=os.path.dirname(FOLDER), check=True)
