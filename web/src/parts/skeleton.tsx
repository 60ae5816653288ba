/** Grey places as large as what will stand there, so that nothing moves when it comes. */
export function Skeleton({ width = "100%", height = 18 }: { width?: string; height?: number }) {
  return <span class="skeleton" style={{ width, height: `${height}px` }} aria-hidden="true" />;
}

/** A card of a known height that is still being asked for. */
export function SkeletonCard({ height, label }: { height: number; label: string }) {
  return (
    <div class="card" style={{ minHeight: `${height}px` }} role="status" aria-label={label}>
      <div style={{ display: "grid", gap: "14px" }} aria-hidden="true">
        <Skeleton width="34%" />
        <Skeleton width="62%" height={14} />
        <Skeleton height={Math.max(20, height - 130)} />
      </div>
    </div>
  );
}
