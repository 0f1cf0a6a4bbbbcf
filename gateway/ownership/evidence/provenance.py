"""What an asset is made of and what is made of it: the graph, as data and in DOT."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sqlalchemy import Connection

from gateway.domain import JsonObject
from gateway.ownership.registry.assets import AssetRow, assets_of
from gateway.ownership.registry.beliefs import owner
from gateway.ownership.registry.facets import Facet
from gateway.ownership.registry.links import Link, ancestry, progeny


@dataclass(frozen=True, slots=True)
class Node:
    """An asset of the graph; ``rank`` 0 stands on nothing, and each stands above all that it stands on."""

    asset: str
    type: str
    owner: str
    rank: int


@dataclass(frozen=True, slots=True)
class Provenance:
    """Everything above and below one asset, as believed at one time; nodes by rank and name."""

    asset: str
    nodes: tuple[Node, ...]
    links: tuple[Link, ...]

    def facts(self) -> JsonObject:
        """All of it as JSON."""
        return {
            "asset": self.asset,
            "nodes": [{"asset": node.asset, "type": node.type, "owner": node.owner} for node in self.nodes],
            "links": [
                {"child": link.child, "link": link.kind.value, "parent": link.parent} for link in self.links
            ],
        }

    def dot(self) -> str:
        """All of it in Graphviz' language."""
        lines = [f"  {_quoted(node.asset)} [label={_quoted(_label(node))}];" for node in self.nodes]
        lines += [
            f"  {_quoted(link.child)} -> {_quoted(link.parent)} [label={_quoted(link.kind.value)}];"
            for link in self.links
        ]
        return "\n".join(["digraph provenance {", "  rankdir=BT;", "  node [shape=box];", *lines, "}", ""])


def provenance(connection: Connection, asset: str, at_us: int) -> Provenance:
    """The graph around an asset as believed at ``at_us``, with who was accountable for each then."""
    links = {*ancestry(connection, [asset], at_us), *progeny(connection, [asset], at_us)}
    ordered = tuple(sorted(links, key=lambda link: (link.child, link.parent, link.kind)))
    names = {asset, *(link.child for link in ordered), *(link.parent for link in ordered)}
    rows, rank = assets_of(connection, sorted(names)), ranks(names, ordered)
    nodes = (_node(connection, rows.get(name), name, rank[name], at_us) for name in names)
    return Provenance(asset, tuple(sorted(nodes, key=lambda node: (node.rank, node.asset))), ordered)


def ranks(names: Iterable[str], links: Iterable[Link]) -> Mapping[str, int]:
    """How far each stands above what stands on nothing, by its longest way; links must have no cycle."""
    below: defaultdict[str, set[str]] = defaultdict(set)
    for link in links:
        below[link.child].add(link.parent)
    found: dict[str, int] = {}
    waiting = sorted(names)
    while waiting:
        ready = [name for name in waiting if below[name] <= found.keys()]
        if not ready:
            raise AssertionError("the registry lets no cycle in")
        found |= {name: 1 + max((found[each] for each in below[name]), default=-1) for name in ready}
        waiting = [name for name in waiting if name not in found]
    return found


def _node(connection: Connection, row: AssetRow | None, name: str, rank: int, at_us: int) -> Node:
    held = owner(connection, name, Facet.ACCOUNTABLE_OWNER, at_us, at_us)
    return Node(name, row.type if row else "", held.holder if held else "", rank)


def _label(node: Node) -> str:
    return f"{node.asset}\n{node.type}, {node.owner}"


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'
