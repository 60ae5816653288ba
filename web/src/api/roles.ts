/** What somebody may do. The API decides; this hides what it would refuse. */
import type { Operation } from "@intent-segments/client";
import type { Me } from "./resources";

/** Whether somebody may use an operation; undefined while it is not known who asks. */
export function may(me: Me | undefined, operation: Operation): boolean {
  return me?.can.includes(operation) ?? false;
}
