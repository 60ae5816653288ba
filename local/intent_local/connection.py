"""What a command talks to: the local stack, or a stack deployed to AWS (`--stack NAME`)."""

from __future__ import annotations

import argparse
import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from intent_segments.errors import NotFound

from .client import ApiClient

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
        ApiClient(running.api_url),
        running.outputs["Bucket"],
        running.outputs["ImportFunction"],
        running.outputs["StateMachine"],
        running.outputs["TimeZone"],
        running.client,
        running.server.save,
    )


def deployed(name: str) -> Connection:
    """Raises NotFound when the account and region of the shell have no such stack."""
    import boto3
    from botocore.config import Config
    from botocore.exceptions import ClientError

    session = boto3.Session()
    try:
        stacks = session.client("cloudformation").describe_stacks(StackName=name)["Stacks"]
    except ClientError as error:
        raise NotFound(
            f"no stack {name!r} in region {session.region_name}: {error}; "
            "see `aws cloudformation list-stacks`, or deploy one with `make deploy`"
        ) from None
    outputs = {o["OutputKey"]: o["OutputValue"] for o in stacks[0].get("Outputs", [])}
    patient = Config(read_timeout=900, retries={"max_attempts": 0})  # imports take minutes
    return Connection(
        ApiClient(outputs["ApiUrl"], session.get_credentials(), session.region_name),
        outputs["Bucket"],
        outputs["ImportFunction"],
        outputs["StateMachine"],
        outputs["TimeZone"],
        lambda service: session.client(service, config=patient),
        lambda: None,
    )
