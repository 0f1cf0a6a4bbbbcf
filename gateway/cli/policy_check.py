from rich.console import Console

from gateway.bundled import policies as shipped
from gateway.cli.policy_folder import Folder, built, checked
from gateway.pdp.checks import ENTRY_POINT


def check_folder(policies: Folder = None) -> None:
    """Parse and compile a policy folder and check its layers and the functions it calls."""
    console = Console(soft_wrap=True)
    folder = policies or shipped()
    policy = checked(folder)
    engine = built(folder)
    console.print(f"{len(policy.modules)} modules and {len(policy.tests)} test files are in order")
    console.print(
        f"entry point {ENTRY_POINT}, {engine.form} form, revision {engine.revision}", highlight=False
    )
