import { ErrorBoundary, LocationProvider, lazy, Route, Router } from "preact-iso";
import type { Session } from "./auth/session";
import { NotFound } from "./pages/not_found";
import { Shell } from "./shell/shell";

const Goals = lazy(() => import("./pages/goals"));
const NewGoal = lazy(() => import("./pages/new_goal"));
const GoalPage = lazy(() => import("./pages/goal"));
const MembersPage = lazy(() => import("./pages/members"));
const ChangesPage = lazy(() => import("./pages/changes"));
const EngagePage = lazy(() => import("./pages/engage"));
const EngageSegmentPage = lazy(() => import("./pages/engage_segment"));
const EngagementPage = lazy(() => import("./pages/engagement"));
const Segments = lazy(() => import("./pages/segments"));
const SegmentPage = lazy(() => import("./pages/segment"));
const Builder = lazy(() => import("./pages/builder"));
const UsersPage = lazy(() => import("./pages/users"));
const UserPage = lazy(() => import("./pages/user"));
const Runs = lazy(() => import("./pages/runs"));
const RunPage = lazy(() => import("./pages/run"));
const AccountPage = lazy(() => import("./pages/account"));

export function App({ session }: { session: Session }) {
  return (
    <LocationProvider>
      <Shell session={session}>
        <ErrorBoundary>
          <Router onRouteChange={arrive}>
            <Route path="/" component={Goals} />
            <Route path="/goals/new" component={NewGoal} />
            <Route path="/goals/:id" component={GoalPage} />
            <Route path="/goals/:id/members/:bucket" component={MembersPage} />
            <Route path="/goals/:id/changes/:date" component={ChangesPage} />
            <Route path="/goals/:id/engage" component={EngagePage} />
            <Route path="/engagements/:id" component={EngagementPage} />
            <Route path="/segments" component={Segments} />
            <Route path="/segments/new" component={Builder} />
            <Route path="/segments/:id" component={SegmentPage} />
            <Route path="/segments/:id/edit" component={Builder} />
            <Route path="/segments/:id/engage" component={EngageSegmentPage} />
            <Route path="/users" component={UsersPage} />
            <Route path="/users/:id" component={UserPage} />
            <Route path="/runs" component={Runs} />
            <Route path="/runs/:id" component={RunPage} />
            <Route path="/account" component={AccountPage} />
            <Route path="/account/:tab" component={AccountPage} />
            <Route default component={NotFound} />
          </Router>
        </ErrorBoundary>
      </Shell>
    </LocationProvider>
  );
}

/** A new page begins at its top, and screen readers with it; links into a page keep their place. */
function arrive(): void {
  if (location.hash) return;
  window.scrollTo(0, 0);
  document.getElementById("main")?.focus({ preventScroll: true });
}
