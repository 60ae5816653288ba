"""Executions of the state machine, step by step, undisturbed and with one call gone wrong."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from intent_segments.services import run_steps
from intent_segments.services.scoring import score_users
from intent_segments.services.training import train_model
from tests.faults.account import Account, State
from tests.faults.wire import Fault, Point, Wire
from tests.unit.store.stack import NOW

Event = dict[str, Any]
Step = Callable[[Account, Event], Event]


def plan(account: Account, event: Event) -> Event:
    return run_steps.plan(account.stores, event, NOW)


def train(account: Account, event: Event) -> Event:
    return train_model(account.stores, event, account.cache)


def score(group: int) -> Step:
    def job(account: Account, event: Event) -> Event:
        payload = {"plan_key": event["plan_key"], "group": group}
        score_users(account.stores, payload, account.cache)
        return event

    return job


def publish(account: Account, event: Event) -> Event:
    return run_steps.finish(account.stores, event, NOW)


def steps(groups: int) -> dict[str, Step]:
    """The steps of infra/run.asl.yaml in their order, one for each group of users."""
    jobs = {f"ScoreUsers {group}": score(group) for group in range(groups)}
    return {"Plan": plan, "Train": train, **jobs, "Publish": publish}


@dataclass(frozen=True)
class Done:
    """One step of the undisturbed execution: what it began with, and what it left and answered."""

    name: str
    work: Step
    before: State
    asked: Event
    after: State
    answer: Event
    calls: tuple[Point, ...]


@dataclass(frozen=True)
class Execution:
    """An undisturbed execution of one request, whose steps can be done again with faults."""

    account: Account
    done: tuple[Done, ...]

    @classmethod
    def of(cls, account: Account, request: Mapping[str, Any]) -> Execution:
        event: Event = dict(request)
        done = []
        for name, work in steps(account.nights.groups).items():
            account.forget()
            wire, before = Wire(), account.state()
            with wire.tapped():
                answer = work(account, event)
            calls = tuple(wire.calls)
            done.append(Done(name, work, before, event, account.state(), answer, calls))
            event = answer
        return cls(account, tuple(done))

    @property
    def end(self) -> State:
        """What is left when all is done."""
        return self.done[-1].after

    def points(self) -> Iterator[tuple[int, Point]]:
        """Every call of every step: (number of the step, call)."""
        for number, step in enumerate(self.done):
            for point in step.calls:
                yield number, point

    def decisive_points(self) -> Iterator[tuple[int, Point]]:
        """The first call of every step, and every call but the reading of files that never change:
        what others do meanwhile makes no difference to those."""
        for number, step in enumerate(self.done):
            for place, point in enumerate(step.calls):
                if place == 0 or not point[0].startswith("GetObject"):
                    yield number, point

    def disturbed(self, number: int, point: Point, fault: Fault) -> list[str]:
        """Do a step with one call gone wrong, and again as Step Functions does where that fails;
        what is different from the undisturbed execution then.

        Steps are functions of the state and of what they are asked, so where both are as they
        were after this step, the steps behind it do not have to be done.
        """
        step = self.done[number]
        self.account.restore(step.before)
        wire = Wire(point.__eq__, fault, meanwhile=lambda: self._go_on(number, step.asked))
        answer = None
        with wire.tapped():
            try:
                answer = step.work(self.account, step.asked)
            except Exception:
                assert wire.struck, "the step failed of itself"
        if not wire.struck:
            return [f"{step.name} did not come to {point} again"]
        if answer is None:
            answer = step.work(self.account, step.asked)
        if fault is Fault.SLOW:
            self._go_on(number + 1, answer)
            # One that was overtaken while it planned has written to a folder of its own in vain.
            return [
                line
                for line in self.account.state().differs_from(self.end)
                if not (line.startswith("object runs/") and line.endswith(" is left over"))
            ]
        if answer != step.answer:
            return [f"{step.name} answers {answer} instead of {step.answer}"]
        return self.account.state().differs_from(step.after)

    def refused_to_the_end(self, number: int, point: Point) -> list[str]:
        """Do a step whose call fails in all tries, record the failure as the state machine does,
        and start the run anew from its beginning; what is different then."""
        step = self.done[number]
        self.account.restore(step.before)
        wire = Wire(point.__eq__, Fault.REFUSED)
        with wire.tapped():
            try:
                step.work(self.account, step.asked)
            except Exception as error:
                failed = {"Error": type(error).__name__, "Cause": "{}"}
                publish(self.account, {**step.asked, "failed": failed})
        self._go_on(0, self.done[0].asked)
        return self.account.state().differs_from(self.end)

    def _go_on(self, number: int, event: Event) -> None:
        for step in self.done[number:]:
            # HasWork of the state machine: what is published already goes straight to Publish.
            if event.get("has_work", True) or step is self.done[-1]:
                event = step.work(self.account, event)
