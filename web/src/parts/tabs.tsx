import { useEffect, useRef } from "preact/hooks";

/** Links side by side; the one that is open is scrolled into view where there is little room. */
export function Tabs({
  label,
  tabs,
  here,
}: {
  label: string;
  tabs: readonly { href: string; label: string }[];
  /** The address of the one that is open; none for links within a page. */
  here?: string;
}) {
  const open = useRef<HTMLAnchorElement>(null);
  useEffect(() => open.current?.scrollIntoView({ inline: "nearest", block: "nearest" }), [here]);
  return (
    <nav class="tabs" aria-label={label}>
      {tabs.map((one) => (
        <a
          key={one.href}
          ref={one.href === here ? open : null}
          href={one.href}
          aria-current={one.href === here ? "page" : undefined}
        >
          {one.label}
        </a>
      ))}
    </nav>
  );
}
