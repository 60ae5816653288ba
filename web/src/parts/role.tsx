import type { ComponentChildren } from "preact";
import { useMe } from "../api/resources";
import { Notice } from "./notice";

/** Said in the place of a button that the API would refuse; nothing while it is not known who asks. */
export function RoleNotice({ children }: { children: ComponentChildren }) {
  const me = useMe().data;
  if (!me) return null;
  return (
    <Notice title={`Your role is ${me.role ?? "none"}`}>
      <p>{children}</p>
    </Notice>
  );
}
