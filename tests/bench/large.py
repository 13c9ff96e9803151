"""How large an input may be: seconds and peak memory of a comparison, each in a process of its own.

    python tests/bench/large.py

Prints one line for each input. It measures; what must hold is in the tests.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

AUTHOR = ("-c", "user.name=bench", "-c", "user.email=bench@example.com")


def application(name: str, path: str) -> str:
    return (
        f"apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {{name: {name}}}\nspec:\n"
        f"  source: {{repoURL: 'https://example.com/a.git', path: {path}}}\n"
        f"  destination: {{server: 'https://kubernetes.default.svc', namespace: shop}}\n"
    )


def config_map(name: str, **data: str) -> str:
    return json.dumps({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": data})


def ten_thousand_objects() -> tuple[dict[str, str], dict[str, str]]:
    files = [
        "\n---\n".join(config_map(f"c-{number}-{part}", size=size) for number in range(100))
        for part in range(100)
        for size in ("small",)
    ]
    before = {f"app/{part}.yaml": text for part, text in enumerate(files)}
    after = {name: text.replace("small", "large") for name, text in before.items()}
    return {"apps/app.yaml": application("app", "app"), **before}, after


def five_hundred_applications() -> tuple[dict[str, str], dict[str, str]]:
    before: dict[str, str] = {}
    for number in range(500):
        before[f"apps/app-{number}.yaml"] = application(f"app-{number}", f"app-{number}")
        before[f"app-{number}/all.yaml"] = config_map(f"c-{number}", size="small")
    after = {name: text.replace("small", "large") for name, text in before.items() if "all" in name}
    return before, after


def five_megabytes() -> tuple[dict[str, str], dict[str, str]]:
    lines = [f"line {number} of a long configuration file, with words" for number in range(95_000)]
    text = "\n".join(lines)
    other = "\n".join(line if number % 50 else f"{line} changed" for number, line in enumerate(lines))
    before = {"apps/app.yaml": application("app", "app"), "app/all.yaml": config_map("c", text=text)}
    return before, {"app/all.yaml": config_map("c", text=other)}


INPUTS = {
    "10,000 objects in one application, all changed": ten_thousand_objects,
    "500 applications, all changed": five_hundred_applications,
    "a ConfigMap of 5 MB, every 50th line changed": five_megabytes,
}


def commit(root: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    subprocess.run(["git", "add", "--all"], cwd=root, check=True)
    subprocess.run(["git", *AUTHOR, "commit", "--quiet", "-m", "change"], cwd=root, check=True)


def main() -> None:
    for name, make in INPUTS.items():
        with tempfile.TemporaryDirectory() as folder:
            root = Path(folder)
            subprocess.run(["git", "init", "--quiet", "--initial-branch=main", folder], check=True)
            before, after = make()
            commit(root, before)
            commit(root, after)
            for form in ("json", "markdown", "html"):
                command = [
                    str(Path(sys.executable).with_name("syncline")),
                    "diff",
                    "-C",
                    folder,
                    "--base",
                    "HEAD^",
                    "-o",
                    form,
                ]
                began = time.monotonic()
                child = subprocess.Popen(command, stdout=subprocess.PIPE)
                size = len(child.communicate()[0])
                seconds = time.monotonic() - began
                peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
                print(f"{name}: {form} {seconds:.1f} s, {size / 1e6:.1f} MB, exit {child.returncode}")
        print(f"  peak memory of all so far: {peak:.0f} MiB")


if __name__ == "__main__":
    main()
