"""Sentences on how many clusters there may be."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from report_lib.clustering.graph_clustering import Resolutions
from report_lib.clustering.number import AGREED, Support
from report_lib.clustering.panel import KMeansSweep, Panel
from report_lib.common.display import passes_none
from report_lib.common.prose import decimal, listed

# Mean ranks that span less than this share of what they could say nothing.
SETTLED = 0.3
# See `number`.
MEASURED = (
    " On 48 of the 63 sets that this rule was tried on, it takes the number of the classes, one beside it, or one whose "
    "clusters agree with the classes as well as any number's, within 0.02."
)


def suggestions(result: Panel) -> str:
    """Say which number of clusters each criterion suggests, that they disagree where they do, and which one the run takes."""
    if not result.criteria:
        return "No criterion has a value for any of the numbers tried."
    led, given = result.support is not None, result.given
    said = _opinions(result.suggested) if led else f"{_opinions(result.suggested)} {_ranks(result)}"
    ends = {int(result.n_clusters[0]), int(result.n_clusters[-1])}
    at_edge = [name for name, k in result.suggested.items() if k in ends]
    if at_edge and len(ends) > 1:
        said += (
            f" For {listed(at_edge)} that is an end of the range tried, from {min(ends)} to {max(ends)}, so a number beyond it "
            "may be better."
        )
    if led:
        told = (
            "The run left the number open."
            if given is None
            else f"The run was given {given}. Here is what it would take else."
        )
        return f"{said} {told} {_supported(result.support)}"
    if given is None:
        return f"{said} The run takes the number that comes out best, {result.number}."
    if given in result.tied:
        return f"{said} That is also the number that the run was given."
    return f"{said} The run was given {given}."


def _supported(support: Support) -> str:
    """Say what the number taken rests on, how far it leads and which others come near; or that it rests on nothing."""
    own, reference = support.best
    said = (
        f"Halves of the images support {support.number} best, by the graph on {support.on}. There the modularity times the "
        f"agreement of the clusters of two halves of the images (ARI) is {decimal(own)}; images without groups, drawn from one "
        f"Gaussian with the same mean and covariance, reach {decimal(reference)}. The difference, {decimal(own - reference)}, "
        "is the largest of all numbers."
    )
    if not support.is_there:
        return f"{said} {_nothing(support.n_clusters)}"
    return said + _lead(support) + (MEASURED if support.found_again else f" {_without_steps(support.agreement)}")


def _lead(support: Support) -> str:
    if support.lead is None:
        return ""
    said = f" The next best is {decimal(support.lead)} behind."
    if support.nearly:
        return f"{said} Between pairs of halves it varies as much, so {listed(support.nearly, 'or')} may be as good."
    return f"{said} It is ahead of all others on every pair of halves."


def _without_steps(agreement: float) -> str:
    """Say that the borders are elsewhere for other images, so that the number may be none of groups."""
    return (
        f"Yet two halves agree on which images belong together to {decimal(agreement)} only, and {AGREED:g} is usually asked "
        "for: other images would put the borders elsewhere. The images may pass into one another without a step, as "
        "pictures of one thing at any angle do. Then the clusters divide them, and their number counts no groups."
    )


def _nothing(n_clusters: Sequence[int]) -> str:
    return (
        f"Nothing supports any number from {n_clusters[0]} to {n_clusters[-1]}: some halves of the images agree no better "
        "than without groups. The clusters divide the images, but they are no groups that are really there."
    )


def _ranks(result: Panel) -> str:
    best, worst = float(result.mean_rank.min()), float(result.mean_rank.max())
    tied = listed(result.tied)
    if len(result.criteria) > 1 and worst - best < SETTLED * (len(result.n_clusters) - 1):
        return "Their mean ranks are close: they do not settle it."
    return f"By mean rank, K = {tied} {'comes' if len(result.tied) == 1 else 'come'} out best."


def _opinions(suggested: dict[str, int]) -> str:
    if not suggested:
        return "No criterion has a value."
    if len(set(suggested.values())) == 1:
        return f"All {len(suggested)} criteria suggest {next(iter(suggested.values()))} clusters."
    return f"The criteria disagree: they suggest {by_number(suggested)}."


def by_number(suggested: dict[str, int]) -> str:
    """List numbers of clusters, each with the criteria that suggest it."""
    by_k: dict[int, list[str]] = {}
    for name, k in suggested.items():
        by_k.setdefault(k, []).append(name)
    return listed([f"{k} by {listed(names)}" for k, names in sorted(by_k.items())])


def panel_headline(numbers: dict[str, Any]) -> str:
    """Say what the panel suggests, from the run's metrics."""
    tried = sorted(int(k) for k in numbers.get("mean_rank", {}))
    within = f" Only {tried[0]} to {tried[-1]} were tried." if tried else ""
    return f"How many clusters? {_taken(numbers)}{_opinions(numbers['suggested'])}{within}"


def _taken(numbers: dict[str, Any]) -> str:
    """Say which number halves of the images support, and what the run was given; empty where they were not looked at."""
    support, given = numbers.get("support"), numbers.get("given")
    if support is None:
        return ""
    if not support["supported"]:
        return f"{_nothing(list(next(iter(support['by_representation'].values()))['images']))} "
    near = f", and {listed(support['nearly'], 'or')} may be as good" if support["nearly"] else ""
    told = "The run left it open." if given is None else f"The run was given {given}."
    shifting = "" if support["found_again"] else ", but do not agree on the borders between the groups"
    return f"{told} Halves of the images support {support['number']} best{near}{shifting}. "


def separation(sweep: KMeansSweep) -> str:
    """Say how far groups stand apart at best, by the silhouette of K-Means."""
    if np.isnan(sweep.silhouette).all():
        return "There is no silhouette: the images fall into fewer groups than were asked for."
    best = float(np.nanmax(sweep.silhouette))
    apart = (
        "the groups touch each other"
        if best < 0.25
        else "the groups are partly separate"
        if best < 0.5
        else "the groups are well separated"
    )
    return (
        f"The largest mean silhouette of K-Means is {decimal(best)}, at K = {sweep.best}: {apart}. No criterion has seen a "
        "label."
    )


@passes_none
def resolutions(result: Resolutions | None) -> str | None:
    """Say what resolution does to the number of communities."""
    best = int(result.modularity.argmax())
    if result.n_clusters.min() == result.n_clusters.max():
        return f"At every resolution tried, the algorithm Leiden finds {result.n_clusters[0]} communities."
    return (
        f"From resolution {result.resolution[0]:.2g} to {result.resolution[-1]:.2g}, the algorithm Leiden cuts the graph of "
        f"nearest neighbours into {result.n_clusters.min()} to {result.n_clusters.max()} communities. Modularity alone would "
        f"take {result.n_clusters[best]}. To get a given number of clusters, the graph is cut about a fifth finer, and the "
        "communities whose union costs least are merged."
    )
