import { answer, type Problem, type Schema } from "@intent-segments/client";
import { useMemo, useState } from "preact/hooks";
import { useLocation, useRoute } from "preact-iso";
import { forget, problemOf, remember } from "../api/resource";
import { type Segment, useMe, useSegment } from "../api/resources";
import { may } from "../api/roles";
import { api } from "../api/setup";
import { useDebounced } from "../parts/debounced";
import { ProblemNotice } from "../parts/notice";
import { Page } from "../parts/page";
import { RoleNotice } from "../parts/role";
import { Segmented } from "../parts/segmented";
import { SkeletonCard } from "../parts/skeleton";
import { toast } from "../parts/toast";
import { useCatalogue } from "../segments/catalogue";
import { GroupFields } from "../segments/editor/rows";
import {
  fromDefinition,
  type Group,
  missing,
  newForm,
  toDefinition,
  withRow,
} from "../segments/form";
import { PreviewPanel } from "../segments/preview";

/** `/segments/new` and `/segments/:id/edit` */
export default function Builder() {
  const { params } = useRoute();
  const id = params.id ?? null;
  const segment = useSegment(id);
  if (id && !segment.data) {
    return (
      <Page title="Edit segment" crumbs={[{ href: "/segments", label: "Segments" }]}>
        {segment.problem ? (
          <ProblemNotice problem={segment.problem} retry={segment.refresh} />
        ) : (
          <SkeletonCard height={360} label="The segment is being fetched" />
        )}
      </Page>
    );
  }
  return <Editor key={id ?? "new"} segment={segment.data ?? null} />;
}

function Editor({ segment }: { segment: Segment | null }) {
  const me = useMe().data;
  const maySave = may(me, segment ? "patch_v1_segments_segment_id" : "post_v1_segments");
  const { route } = useLocation();
  const [name, setName] = useState(segment?.name ?? "");
  const [form, setForm] = useState<Group>(() =>
    segment ? fromDefinition(segment.definition) : newForm(),
  );
  const [view, setView] = useState<"form" | "json">("form");
  const [search, setSearch] = useState("");
  const [problem, setProblem] = useState<Problem | null>(null);
  const [saving, setSaving] = useState(false);
  const [tried, setTried] = useState(false);
  const catalogue = useCatalogue(useDebounced(search, 250));
  const lacking = useMemo(() => missing(form), [form]);
  const definition = lacking.size === 0 ? toDefinition(form) : null;

  const save = async () => {
    setTried(true);
    if (!definition || !name.trim()) return;
    setSaving(true);
    setProblem(null);
    try {
      const body = { name: name.trim(), definition };
      const saved: Schema<"SegmentSaved"> = segment
        ? await answer(
            api.PATCH("/v1/segments/{segment_id}", {
              params: { path: { segment_id: segment.id } },
              body,
            }),
          )
        : await answer(api.POST("/v1/segments", { body }));
      forget("segments");
      remember(`segments/${saved.id}`, saved);
      toast(segment ? "Segment changed" : "Segment saved");
      route(`/segments/${saved.id}`);
    } catch (error) {
      setProblem(problemOf(error));
      setSaving(false);
    }
  };

  return (
    <Page
      title={segment ? `Edit “${segment.name}”` : "New segment"}
      crumbs={[{ href: "/segments", label: "Segments" }]}
      lead="Say who belongs to it. The size follows while you build."
    >
      <div class="with-aside">
        <div class="stack">
          <section class="card stack" aria-label="The segment">
            <div class="field">
              <label for="segment-name">Name</label>
              <input
                id="segment-name"
                class="input"
                maxLength={200}
                placeholder="Came back at least twice"
                value={name}
                aria-invalid={tried && !name.trim()}
                aria-describedby="segment-name-hint"
                onInput={(event) => setName(event.currentTarget.value)}
              />
              <p id="segment-name-hint" class={tried && !name.trim() ? "wrong" : "hint"}>
                {tried && !name.trim() ? "A segment needs a name." : "As you would say it aloud."}
              </p>
            </div>
            <div class="split">
              <h2>Conditions</h2>
              <Segmented
                label="Show the definition as"
                value={view}
                options={[
                  ["form", "Form"],
                  ["json", "JSON"],
                ]}
                onChange={setView}
              />
            </div>
            {view === "form" ? (
              <GroupFields
                top
                group={form}
                editing={{
                  catalogue,
                  onSearch: setSearch,
                  missing: tried ? lacking : new Map(),
                  change: (row, change) => setForm((now) => withRow(now, row, change)),
                }}
              />
            ) : (
              <JsonEditor definition={definition} onChange={setForm} />
            )}
          </section>
          {problem && <ProblemNotice problem={problem} />}
          {!maySave && (
            <RoleNotice>
              A marketer of the account saves segments; copy the JSON for one.
            </RoleNotice>
          )}
          <div class="actions">
            {maySave && (
              <button type="button" class="button primary" disabled={saving} onClick={save}>
                {saving ? "Saving…" : segment ? "Save changes" : "Save segment"}
              </button>
            )}
            <a class="button plain" href={segment ? `/segments/${segment.id}` : "/segments"}>
              Cancel
            </a>
          </div>
        </div>
        <PreviewPanel definition={definition} lacking={[...lacking.values()][0]} />
      </div>
    </Page>
  );
}

/** The definition as text, to read, copy or change. What does not parse stays text alone. */
function JsonEditor({
  definition,
  onChange,
}: {
  definition: Segment["definition"] | null;
  onChange: (form: Group) => void;
}) {
  const [text, setText] = useState(() => JSON.stringify(definition ?? { all: [] }, null, 2));
  const [wrong, setWrong] = useState<string | null>(null);
  return (
    <div class="field">
      <label for="segment-json">Definition</label>
      <textarea
        id="segment-json"
        class="input mono"
        rows={16}
        spellcheck={false}
        value={text}
        aria-invalid={wrong !== null}
        aria-describedby="segment-json-hint"
        onInput={(event) => {
          const typed = event.currentTarget.value;
          setText(typed);
          try {
            onChange(fromDefinition(JSON.parse(typed) as Segment["definition"]));
            setWrong(null);
          } catch {
            setWrong("This is no definition yet; the form keeps the last one that was.");
          }
        }}
      />
      <p id="segment-json-hint" class={wrong ? "wrong" : "hint"}>
        {wrong ?? "The language of POST /v1/segments; what you change here changes the form."}
      </p>
    </div>
  );
}
