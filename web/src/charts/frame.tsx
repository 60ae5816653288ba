import type { ComponentChildren } from "preact";
import { useId, useLayoutEffect, useRef, useState } from "preact/hooks";
import { Segmented } from "../parts/segmented";

export interface Table {
  head: readonly string[];
  /** Cells as text; the first of a row names it. */
  rows: readonly (readonly string[])[];
}

/**
 * A chart with its summary in words and its numbers as a table. `height` is that of the drawing, and
 * kept while there is none, so that nothing moves.
 */
export function ChartFrame({
  title,
  level = 2,
  summary,
  legend,
  tools,
  table,
  height,
  children,
}: {
  title: string;
  level?: 2 | 3;
  summary: ComponentChildren;
  legend?: ComponentChildren;
  tools?: ComponentChildren;
  table: Table;
  height: number;
  children: (width: number) => ComponentChildren;
}) {
  const [view, setView] = useState<"chart" | "table">("chart");
  const heading = useId();
  const [box, width] = useWidth();
  const Heading = level === 2 ? "h2" : "h3";
  return (
    <figure class="chart" aria-labelledby={heading}>
      <div class="card-head">
        <div>
          <Heading id={heading}>{title}</Heading>
          <p>{summary}</p>
        </div>
        <div class="actions">
          {tools}
          <Segmented
            label={`Show ${title} as`}
            value={view}
            options={[
              ["chart", "Chart"],
              ["table", "Table"],
            ]}
            onChange={setView}
          />
        </div>
      </div>
      {view === "chart" && legend && <div class="legend">{legend}</div>}
      <div ref={box} style={view === "chart" ? { minHeight: `${height}px` } : {}}>
        {view === "table" ? (
          <NumberTable table={table} label={title} />
        ) : (
          width > 0 && children(width)
        )}
      </div>
    </figure>
  );
}

export function NumberTable({ table, label }: { table: Table; label: string }) {
  // It scrolls, so it must be reached by keys.
  return (
    <section class="chart-table scroll-x" tabIndex={0} aria-label={`${label}, as a table`}>
      <table>
        <thead>
          <tr>
            {table.head.map((cell, n) => (
              <th key={cell} scope="col" class={n > 0 ? "number" : ""}>
                {cell}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {table.rows.map((row) => (
            <tr key={row[0]}>
              {row.map((cell, n) => (
                <td key={n} class={n > 0 ? "number" : ""}>
                  {cell}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

/** The width that a chart has, followed as it changes; 0 before it is known. */
export function useWidth(): [{ current: HTMLDivElement | null }, number] {
  const box = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(0);
  useLayoutEffect(() => {
    const element = box.current;
    if (!element) return;
    setWidth(element.clientWidth);
    const observer = new ResizeObserver(() => setWidth(element.clientWidth));
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  return [box, width];
}

export function Key({ tone, children }: { tone: string; children: ComponentChildren }) {
  return (
    <span class="key">
      <i class={`swatch ${tone}`} aria-hidden="true" />
      {children}
    </span>
  );
}
