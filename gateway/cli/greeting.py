from rich.console import Console
from rich.table import Table

_CURL = """curl -s {url}/v1/chat/completions \\
  -H "authorization: Bearer {key}" -H "content-type: application/json" \\
  -d '{{"model": "{model}", "messages": [{{"role": "user", "content": "{prompt}"}}]}}'"""
_SDK = """from openai import OpenAI
client = OpenAI(base_url="{url}/v1", api_key="{key}")
print(client.chat.completions.create(model="{model}", messages=[{{"role": "user", "content": "{prompt}"}}]).choices[0].message.content)"""  # noqa: E501  one statement a line, to copy whole
_PROMPT = "My name is Maria Rossi, my e-mail is maria.rossi@example.org. Greet me."


def greet(console: Console, url: str, model: str, keys: dict[str, tuple[str, str]]) -> None:
    """Tells how to use a gateway that listens at ``url``; ``keys`` are (department, key) by principal.

    Keys come only in development mode; a production gateway just says where it is.
    """
    console.print(f"\n[bold green]Custody listens on {url}[/bold green]")
    if not keys:
        return
    table = Table(title="Example keys (development mode)", title_justify="left", box=None)
    for column in ("department", "principal", "key"):
        table.add_column(column, no_wrap=True)
    for principal, (department, key) in keys.items():
        table.add_row(department, principal, key)
    console.print(table)
    facts = {"url": url, "model": model, "prompt": _PROMPT, "key": _example_key(keys)}
    for title, text in (("Try it:", _CURL), ("Or with the OpenAI SDK:", _SDK)):
        console.print(f"\n[bold]{title}[/bold]")
        console.print(text.format(**facts), markup=False, highlight=False, soft_wrap=True)
    console.print("\nThen see what is on record: .venv/bin/custody audit tail", style="dim")


def _example_key(keys: dict[str, tuple[str, str]]) -> str:
    return next(key for _, key in keys.values())
