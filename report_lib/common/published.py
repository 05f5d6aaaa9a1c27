"""Figures that others have published, for comparison. Nothing here was computed by this project."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Published:
    """A clustering from the literature, fitted to and scored on all 70,000 images.

    Attributes
    ----------
    method : str
    accuracy, nmi : float
        Hungarian accuracy and normalised mutual information.
    source : str
        Where the figures stand.
    """

    method: str
    accuracy: float
    nmi: float
    source: str = "arXiv 2011.11586, Table 3"


_SPC, _N2D, _DEC = (
    "SPC: selective pseudo-labels (Mahon and Lukasiewicz, 2021)",
    "N2D: autoencoder, UMAP, Gaussian mixture (McConville et al., 2019)",
    "DEC: deep embedded clustering (Xie et al., 2016)",
)
_SPC_SOURCE = "arXiv 2107.10692"
CLUSTERING = {
    "Fashion-MNIST": [
        Published(_SPC, 0.679, 0.735, _SPC_SOURCE),
        Published(_N2D, 0.672, 0.684),
        Published(_DEC, 0.518, 0.546),
        Published("K-Means on pixels", 0.474, 0.512),
    ],
    "MNIST": [
        Published(_SPC, 0.992, 0.975, _SPC_SOURCE),
        Published(_N2D, 0.979, 0.942),
        Published(_DEC, 0.863, 0.834),
        Published("K-Means on pixels", 0.584, 0.497),
    ],
}


def address(source: str) -> str:
    """Return where the paper of a source, such as `arXiv 1708.07747, Table 3`, can be read."""
    return f"https://arxiv.org/abs/{source.removeprefix('arXiv ').partition(',')[0]}"


def sources(known: list[Published]) -> list[str]:
    """Return where the figures stand, each place once."""
    return list(dict.fromkeys(own.source for own in known))
