"""Copies ONNX's backend tests (models, inputs, outputs) from the pip package: python tests/onnx_tests.py FOLDER

The package goes to a virtual environment of its own. Exit status 1 if it cannot be had, for example without a network.
"""
import pathlib
import shutil
import subprocess
import sys
import venv

PACKAGE = "onnx==1.22.0"
SETS = ["node", "pytorch-converted", "pytorch-operator", "simple"]


def main(folder: pathlib.Path) -> int:
    if (folder / "complete").exists():
        return 0
    environment = folder / "venv"
    venv.create(environment, clear=True, with_pip=True)
    python = environment / "bin" / "python"
    if subprocess.run([python, "-m", "pip", "install", "--quiet", PACKAGE]).returncode != 0:
        print("onnx_tests.py: the package onnx is not available; its tests are skipped", file=sys.stderr)
        return 1
    where = "import onnx, pathlib; print(pathlib.Path(onnx.__file__).parent)"
    package = subprocess.run([python, "-c", where], capture_output=True, text=True, check=True).stdout.strip()
    for name in SETS:
        source = pathlib.Path(package) / "backend" / "test" / "data" / name
        shutil.copytree(source, folder / name, dirs_exist_ok=True)
    shutil.rmtree(environment)
    (folder / "complete").touch()
    return 0


if __name__ == "__main__":
    sys.exit(main(pathlib.Path(sys.argv[1])))
