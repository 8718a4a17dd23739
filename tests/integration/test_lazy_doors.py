"""What is not asked for is not imported: in a process of its own, because this one has everything."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path


def test_a_folder_store_loads_no_s3_library(tmp_path: Path) -> None:
    program = (
        "import sys, pathlib, storage.artifacts as a;"
        "a.open_artifact_store(a.FolderRecipe(root=pathlib.Path(sys.argv[1])));"
        "sys.exit('boto3' in sys.modules or 'botocore' in sys.modules)"
    )

    assert subprocess.run([sys.executable, "-c", program, str(tmp_path)], check=False).returncode == 0


def test_checking_options_loads_no_torch() -> None:
    code = (
        "import sys; from rendering.backends import BackendRecipe, check_backend;"
        "check_backend(BackendRecipe(name='animatediff', options={'tier': 'draft'}));"
        "check_backend(BackendRecipe(name='diffusers', options={'recipe': 'wan'}));"
        "check_backend(BackendRecipe(name='svd', options={}));"
        "print(sorted({'torch', 'diffusers', 'transformers'} & set(sys.modules)))"
    )

    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert told.stdout.strip() == "[]"


def test_a_system_with_models_loads_their_library_with_the_first_question() -> None:
    code = (
        "import sys; from planning.vision.asking import ModelEyes; from planning.models import ModelAccess, check_access;"
        "from planning.asking import Terms; from planning.writer.planner import LanguageModelPlanner;"
        "access = ModelAccess(provider='openai', model='m'); check_access(access, 'LLM_MODEL'); ModelEyes(access);"
        "LanguageModelPlanner(terms=Terms(access=access));"
        "print(sorted({'pydantic_ai', 'openai'} & set(sys.modules)))"
    )

    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert told.stdout.strip() == "[]"
