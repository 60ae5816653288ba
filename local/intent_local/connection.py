"""What a command talks to: the local stack, or a stack deployed to AWS (`--stack NAME`)."""

from __future__ import annotations

import argparse
import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from intent_segments.errors import InvalidInput, NotFound

from .client import ApiClient
from .sign_in import Client, access_token
from .signing import AwsSigner, Signer, TokenSigner

if TYPE_CHECKING:
    from .stack.running import RunningStack


@dataclass(frozen=True)
class Connection:
    """`client(service)` makes a boto3 client of the same account; `save()` has the local stack
    write its state to disk, and does nothing on AWS."""

    api: ApiClient
    bucket: str
    import_function: str
    state_machine: str
    timezone: str
    client: Callable[[str], Any]
    save: Callable[[], None]
    roll_up_function: str


def add_stack_argument(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--stack",
        metavar="NAME",
        help="a CloudFormation stack in AWS, reached with the credentials of the shell, "
        "instead of the local stack",
    )


@contextlib.contextmanager
def connect(stack: str | None) -> Iterator[Connection]:
    """The deployed stack of that name, or the local one, which is up inside the block."""
    if stack is not None:
        yield deployed(stack)
        return
    from .stack.running import running_stack

    with running_stack() as running:
        yield local(running)


def local(running: RunningStack) -> Connection:
    """A local stack that is up."""
    return Connection(
        ApiClient(running.api_url, running.signer),
        running.outputs["Bucket"],
        running.outputs["ImportFunction"],
        running.outputs["StateMachine"],
        running.outputs["TimeZone"],
        running.client,
        running.server.save,
        running.outputs["RollUpFunction"],
    )


def deployed(name: str) -> Connection:
    """Raises NotFound when the account and region of the shell have no such stack."""
    import boto3
    from botocore.config import Config

    session = boto3.Session()
    outputs = outputs_of(name, session)
    patient = Config(read_timeout=900, retries={"max_attempts": 0})  # imports take minutes
    return Connection(
        ApiClient(outputs["ApiUrl"], _signer(name, outputs, session)),
        outputs["Bucket"],
        outputs["ImportFunction"],
        outputs["StateMachine"],
        outputs["TimeZone"],
        lambda service: session.client(service, config=patient),
        lambda: None,
        outputs["RollUpFunction"],
    )


def outputs_of(name: str, session: Any = None) -> dict[str, str]:
    """What template.yaml gives out of a deployed stack. Raises NotFound."""
    import boto3
    from botocore.exceptions import ClientError

    session = session or boto3.Session()
    try:
        stacks = session.client("cloudformation").describe_stacks(StackName=name)["Stacks"]
    except ClientError as error:
        raise NotFound(
            f"no stack {name!r} in region {session.region_name}: {error}; "
            "see `aws cloudformation list-stacks`, or deploy one with `make deploy`"
        ) from None
    return {o["OutputKey"]: o["OutputValue"] for o in stacks[0].get("Outputs", [])}


def client_of(name: str, outputs: dict[str, str]) -> Client:
    """As whom the command line signs in. Raises InvalidInput when the stack takes no tokens."""
    if outputs.get("Authorization") != "JWT":
        raise InvalidInput(
            f"the stack {name} takes no tokens (ApiAuthorization {outputs.get('Authorization')}): "
            "commands use the AWS credentials of the shell, and nobody signs in"
        )
    return Client(outputs["Issuer"], outputs["ClientId"])


def _signer(name: str, outputs: dict[str, str], session: Any) -> Signer:
    if outputs.get("Authorization") == "JWT":
        client = client_of(name, outputs)
        return TokenSigner(lambda: access_token(client))
    return AwsSigner(session.get_credentials(), session.region_name)
