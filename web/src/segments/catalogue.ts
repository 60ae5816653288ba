/** What the pickers of the builder offer: names and values that the account has seen. */
import {
  type EventSeen,
  type PropertySeen,
  type TraitSeen,
  useEvents,
  useGoals,
  useSegments,
  useTraits,
} from "../api/resources";
import { count, counted } from "../format/numbers";
import type { Option } from "../parts/combobox";

export interface Catalogue {
  events: Option[];
  event: (name: string) => EventSeen | undefined;
  traits: Option[];
  trait: (name: string) => TraitSeen | undefined;
  segments: { id: string; name: string }[];
  goals: { id: string; name: string }[];
  /** The last closed day; null where nothing is loaded, undefined while it is not known. */
  watermark: string | null | undefined;
}

/** `search`: what is typed into a picker of events, for accounts with more than a page of them. */
export function useCatalogue(search = ""): Catalogue {
  const frequent = useEvents().data;
  const found = useEvents(frequent?.has_more ? search : "").data;
  const traits = useTraits().data?.data ?? [];
  const segments = useSegments().data?.data ?? [];
  const goals = useGoals().data?.data ?? [];
  const events = new Map<string, EventSeen>();
  for (const one of [...(frequent?.data ?? []), ...(found?.data ?? [])]) events.set(one.event, one);
  return {
    events: [...events.values()].map((one) => ({
      value: one.event,
      note: one.users == null ? count(one.count) : counted(one.users, "user"),
    })),
    event: (name) => events.get(name),
    traits: traits.map((one) => ({
      value: one.property,
      note: one.users == null ? count(one.count) : counted(one.users, "user"),
    })),
    trait: (name) => traits.find((one) => one.property === name),
    segments,
    goals,
    watermark: frequent?.watermark,
  };
}

/** Frequent values of a property, most frequent first. */
export function valuesOf(property: PropertySeen | undefined): Option[] {
  return (property?.top ?? []).map((one) => ({
    value: String(one.value),
    note: count(one.count),
  }));
}
