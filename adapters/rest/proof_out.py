"""How the gateway proves itself to a partner: a token, a password, a key in a header, or a signature."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from adapters.rest.bodies import top
from adapters.rest.recipe import read_recipe
from adapters.rest.templates import checked, filled
from gateway.wire.settings_form import Form
from gateway.wire.signing import SortedParameters

Scheme = Literal["none", "bearer", "basic", "header", "signature"]
SCHEMES: tuple[Scheme, ...] = ("none", "bearer", "basic", "header", "signature")


@dataclass(frozen=True, slots=True, kw_only=True)
class ProofOut:
    """What a partner wants as proof. ``parameters``: a template of what is signed; None: every member of the body."""

    scheme: Scheme = "none"
    secret: str = ""
    user: str = ""
    header: str = "authorization"
    recipe: SortedParameters = field(default_factory=SortedParameters)
    parameters: Any = None

    def headers(self, secret: Callable[[str], str]) -> dict[str, str]:
        """Return the header that proves it, where there is one."""
        if self.scheme == "bearer":
            return {"authorization": f"Bearer {secret(self.secret)}"}
        if self.scheme == "basic":
            pair = base64.b64encode(f"{self.user}:{secret(self.secret)}".encode()).decode("ascii")
            return {"authorization": f"Basic {pair}"}
        return {self.header: secret(self.secret)} if self.scheme == "header" else {}

    def signature(self, values: Mapping[str, Any], body: Any, secret: Callable[[str], str]) -> str | None:
        """Return the signature; None where the scheme has none."""
        if self.scheme != "signature":
            return None
        parameters = top(body if self.parameters is None else filled(self.parameters, values))
        return self.recipe.sign(parameters, secret(self.secret))


def read_proof(form: Form, known: frozenset[str]) -> ProofOut:
    """Return the proof in the settings; ``known``: what its parameters may be made of. Raises ConfigurationFault."""
    scheme: Scheme = form.choice("scheme", SCHEMES, "none")
    if scheme == "none":
        return ProofOut()
    secret = form.text("secret")
    if scheme == "basic":
        return ProofOut(scheme=scheme, secret=secret, user=form.text("user"))
    if scheme == "header":
        return ProofOut(scheme=scheme, secret=secret, header=form.text("header").lower())
    if scheme == "bearer":
        return ProofOut(scheme=scheme, secret=secret)
    parameters = None if form.raw("parameters") == "members" else checked(form, "parameters", known)
    if parameters is not None:
        form.mapping("parameters")
    return ProofOut(scheme=scheme, secret=secret, recipe=read_recipe(form), parameters=parameters)
