import type { ComponentChildren } from "preact";
import { usePageTitle } from "../shell/title";

/** A page: its name, what it is, what can be done, and then its content. */
export function Page({
  title,
  crumbs = [],
  lead,
  actions,
  children,
}: {
  title: string;
  /** The pages above this one, outermost first. */
  crumbs?: readonly { href: string; label: string }[];
  lead?: ComponentChildren;
  actions?: ComponentChildren;
  children: ComponentChildren;
}) {
  usePageTitle(title);
  return (
    <div class="page">
      <div class="page-head">
        <div class="page-title">
          {crumbs.length > 0 && (
            <nav class="crumbs" aria-label="Where this page lies">
              {crumbs.map(({ href, label }) => (
                <span key={href}>
                  <a href={href}>{label}</a> <span aria-hidden="true">/</span>
                </span>
              ))}
            </nav>
          )}
          <h1>{title}</h1>
          {typeof lead === "string" ? <p>{lead}</p> : lead}
        </div>
        {actions && <div class="actions">{actions}</div>}
      </div>
      {children}
    </div>
  );
}
