/** The pages of an account, and which of them somebody may open. */
import type { Operation } from "@intent-segments/client";
import { useMe } from "../api/resources";
import { may } from "../api/roles";
import { Tabs } from "../parts/tabs";

export const TABS = [
  { id: "", label: "Settings", needs: "get_v1_account" },
  { id: "holdout", label: "Holdout", needs: "get_v1_account_holdout" },
  { id: "destinations", label: "Destinations", needs: "get_v1_destinations" },
  { id: "write-keys", label: "Write keys", needs: "get_v1_write_keys" },
  { id: "erasures", label: "Erasures", needs: "get_v1_erasures" },
] as const satisfies readonly { id: string; label: string; needs: Operation }[];

export function AccountTabs({ here }: { here: string }) {
  const me = useMe().data;
  const address = (id: string) => (id ? `/account/${id}` : "/account");
  return (
    <Tabs
      label="Account"
      here={address(here)}
      tabs={TABS.filter((one) => may(me, one.needs)).map((one) => ({
        href: address(one.id),
        label: one.label,
      }))}
    />
  );
}
