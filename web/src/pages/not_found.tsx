import { usePageTitle } from "../shell/title";

export function NotFound() {
  usePageTitle("Not found");
  return (
    <div class="page">
      <div class="page-title">
        <h1>There is no such page</h1>
        <p>
          The address may be mistyped, or what it named is gone. <a href="/">All goals</a> and{" "}
          <a href="/segments">all segments</a> are good places to go on from.
        </p>
      </div>
    </div>
  );
}
