"""Sentences on which graph the clusters are taken from."""

from report_lib.clustering.graphs import GraphChoice
from report_lib.common.display import passes_none


@passes_none
def graph_choice(choice: GraphChoice) -> str | None:
    """Say which description was chosen, by what, and by how much."""
    first, *others = sorted(choice.by_title, key=lambda title: title != choice.on)
    if not choice.told or not others:
        return f"Of the graphs, the one on {first} is taken: there is too little here to choose by without labels."
    own, other = choice.by_title[first], choice.by_title[others[0]]
    return (
        f"Of the two graphs, the one on {first} is taken. No label says so, but what is found by itself: its modularity "
        f"times the agreement of halves (the adjusted Rand index of what either half of the images makes of all) is "
        f"{own.modularity:.3f} × {own.halves:.3f} = {own.product:.3f}, on {others[0]} {other.modularity:.3f} × "
        f"{other.halves:.3f} = {other.product:.3f}. On 45 of the 48 sets and variants that this rule was chosen on, with "
        "their labels in view, it takes the graph that agrees better with the classes, or one within 0.01 of it."
    )
