"""Sentences on which graph the clusters are taken from."""

from report_lib.clustering.graphs import GraphChoice, Support
from report_lib.common.display import passes_none
from report_lib.common.prose import decimal


@passes_none
def graph_choice(choice: GraphChoice) -> str | None:
    """Say which description was chosen, by what, and by how much."""
    first, *others = sorted(choice.by_title, key=lambda title: title != choice.on)
    if not choice.told or not others:
        return f"The graph on {first} is taken: there is too little here to choose by without labels."
    own, other = choice.by_title[first], choice.by_title[others[0]]
    return (
        f"The graph on {first} is taken, without looking at labels: its modularity times the agreement of the clusters of two "
        f"halves of the images (ARI) is {_product(own)}, on {others[0]} {_product(other)}. The rule itself was picked with the "
        "labels of 48 sets and variants in view: on 45 it takes the graph that agrees better with the classes, or one within "
        "0.01 of it."
    )


def _product(graph: Support) -> str:
    return f"{decimal(graph.modularity)} × {decimal(graph.halves)} = {decimal(graph.product)}"
