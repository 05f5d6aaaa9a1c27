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
    """

    method: str
    accuracy: float
    nmi: float


SOURCE = "arXiv 2011.11586, Table 3"
CLUSTERING = {
    "Fashion-MNIST": [
        Published("N2D: autoencoder, UMAP, Gaussian mixture (McConville et al., 2019)", 0.672, 0.684),
        Published("DEC: deep embedded clustering (Xie et al., 2016)", 0.518, 0.546),
        Published("K-Means on pixels", 0.474, 0.512),
    ],
    "MNIST": [
        Published("N2D: autoencoder, UMAP, Gaussian mixture (McConville et al., 2019)", 0.979, 0.942),
        Published("DEC: deep embedded clustering (Xie et al., 2016)", 0.863, 0.834),
        Published("K-Means on pixels", 0.584, 0.497),
    ],
}
