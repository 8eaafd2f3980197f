"""A signature over sorted parameters, as a partner's row describes it: the same recipe for signing and for checking."""

from __future__ import annotations

from gateway.wire.settings_form import Form
from gateway.wire.signing import SortedParameters

ALGORITHMS = ("md5", "sha256", "sm3", "hmac-md5", "hmac-sha256", "hmac-sm3")
PLACES = ("none", "parameter", "appended", "prepended", "around")
FORMS = ("hex", "HEX", "base64")


def read_recipe(form: Form) -> SortedParameters:
    """Return the recipe in a proof's settings. Raises ConfigurationFault."""
    algorithm = form.choice("algorithm", ALGORITHMS)
    place = form.choice("secret_place", PLACES, "none" if algorithm.startswith("hmac-") else "parameter")
    if place == "none" and not algorithm.startswith("hmac-"):
        why = f"{algorithm} without the secret in its text would sign nothing"
        raise form.fault("secret_place", "rest.signs_nothing", why, algorithm=algorithm)
    return SortedParameters(
        algorithm=algorithm,  # type: ignore[arg-type]  # one of them
        secret=place,  # type: ignore[arg-type]  # likewise
        secret_name=form.text("secret_name", "key"),
        empty_values=form.flag("empty_values", default=False),
        url_encoded=form.flag("url_encoded", default=False),
        left_out=frozenset(form.words("left_out") or ("sign",)),
        form=form.choice("form", FORMS, "hex"),  # type: ignore[arg-type]  # likewise
    )
