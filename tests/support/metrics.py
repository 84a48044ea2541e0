"""What /metrics says, as numbers."""

from prometheus_client.parser import text_string_to_metric_families

from tests.support.api import Api
from tests.support.server import Server


def value_of(server: Server, sample: str, **labels: str) -> float:
    """Return the sum of all samples of that name that carry these labels; 0 if there is none."""
    text = Api(server.host).get("/metrics").body.decode()
    return sum(
        one.value
        for family in text_string_to_metric_families(text)
        for one in family.samples
        if one.name == sample and labels.items() <= one.labels.items()
    )
