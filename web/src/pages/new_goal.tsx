import { answer, type Problem } from "@intent-segments/client";
import { Sparkles } from "lucide-preact";
import { useRef, useState } from "preact/hooks";
import { useRoute } from "preact-iso";
import { problemOf } from "../api/resource";
import { type Forecast, useMe } from "../api/resources";
import { may } from "../api/roles";
import { api } from "../api/setup";
import { AdviceNotice } from "../goals/advice";
import { Outcome } from "../goals/outcome";
import { newQuestion, requestOf, unanswered } from "../goals/question";
import { QuestionForm } from "../goals/question_form";
import { SavePanel } from "../goals/save_panel";
import { Notice, ProblemNotice } from "../parts/notice";
import { Page } from "../parts/page";
import { RoleNotice } from "../parts/role";
import { SkeletonCard } from "../parts/skeleton";
import { useCatalogue } from "../segments/catalogue";
import { NothingLoaded } from "./segments";

const CRUMBS = [{ href: "/", label: "Goals" }];

export default function NewGoal() {
  const { query } = useRoute();
  const catalogue = useCatalogue();
  if (catalogue.watermark === undefined) {
    return (
      <Page title="New goal" crumbs={CRUMBS}>
        <SkeletonCard height={480} label="Segments and events are being fetched" />
      </Page>
    );
  }
  if (catalogue.watermark === null) {
    return (
      <Page title="New goal" crumbs={CRUMBS}>
        <NothingLoaded />
      </Page>
    );
  }
  return <Asking segment={query.segment ?? "all-users"} watermark={catalogue.watermark} />;
}

function Asking({ segment, watermark }: { segment: string; watermark: string }) {
  const me = useMe().data;
  const [question, setQuestion] = useState(() => newQuestion(segment, watermark));
  const [asked, setAsked] = useState<{ forecast: Forecast; key: string } | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  const [asking, setAsking] = useState(false);
  const [tried, setTried] = useState(false);
  const result = useRef<HTMLDivElement>(null);
  const gaps = unanswered(question, watermark);
  const current = asked !== null && asked.key === JSON.stringify(question);

  const predict = async () => {
    setTried(true);
    if (gaps.length > 0) return;
    setAsking(true);
    setProblem(null);
    try {
      const forecast = await answer(api.POST("/v1/forecasts", { body: requestOf(question) }));
      setAsked({ forecast, key: JSON.stringify(question) });
      setTimeout(() => result.current?.scrollIntoView({ block: "start", behavior: "smooth" }), 50);
    } catch (error) {
      setProblem(problemOf(error));
      setAsked(null);
    } finally {
      setAsking(false);
    }
  };
  const setEvent = (event: string) =>
    setQuestion((now) => ({ ...now, events: [{ event, where: [] }] }));
  const setEndDate = (endsOn: string) =>
    setQuestion((now) => ({ ...now, until: { kind: "date", endsOn } }));

  return (
    <Page
      title="New goal"
      crumbs={CRUMBS}
      lead="Ask how many will do it before you promise it. Nothing is saved until you say so."
    >
      <div class="with-aside wide-aside">
        <div class="stack">
          <QuestionForm question={question} watermark={watermark} onChange={setQuestion} />
          <div class="ask">
            {me && !may(me, "post_v1_forecasts") ? (
              <RoleNotice>A marketer of the account asks for forecasts.</RoleNotice>
            ) : (
              <button
                type="button"
                class="button primary large"
                disabled={asking}
                onClick={predict}
              >
                <Sparkles size={18} aria-hidden="true" />
                {asking ? "Looking at history…" : asked ? "Predict again" : "Predict outcome"}
              </button>
            )}
            {tried && gaps[0] ? (
              <p class="wrong" role="alert">
                First {gaps[0]}.
              </p>
            ) : (
              <p class="hint">Takes some seconds. The answer is kept for 24 hours.</p>
            )}
          </div>
        </div>
        <div ref={result} class="result" aria-live="polite" aria-busy={asking}>
          {asking && !asked && <Waiting />}
          {problem &&
            (problem.candidates || problem.missing ? (
              <AdviceNotice
                title={problem.title}
                detail={problem.detail}
                advice={{
                  missing: problem.missing ?? {},
                  longest_end_date: problem.longest_end_date ?? null,
                  candidates: problem.candidates ?? [],
                }}
                onEvent={setEvent}
                onEndDate={setEndDate}
              />
            ) : (
              <ProblemNotice problem={problem} />
            ))}
          {asked && (
            <div class="stack">
              {!current && (
                <Notice title="The question has changed">
                  <p>Below is the answer to the one before. Predict again for the new one.</p>
                </Notice>
              )}
              <div class={current && !asking ? "" : "fading"}>
                <Outcome forecast={asked.forecast} onEvent={setEvent} onEndDate={setEndDate} />
              </div>
              {current && <SavePanel forecast={asked.forecast} question={question} />}
            </div>
          )}
          {!asked && !asking && !problem && <Promised />}
        </div>
      </div>
    </Page>
  );
}

/** What will stand here: an honest word before there is a number. */
function Promised() {
  return (
    <div class="promise">
      <svg viewBox="0 0 320 150" aria-hidden="true">
        <path class="area" d="M10 138C90 128 190 100 310 14V84C200 120 110 132 10 138Z" />
        <path class="line predicted" d="M10 138C100 128 200 104 310 50" />
        <circle class="dot" cx="310" cy="50" r="5" />
      </svg>
      <p>
        Here comes the number to expect with its margin, the chance of the one you want, how earlier
        forecasts of the same kind turned out, and whom to talk to.
      </p>
    </div>
  );
}

function Waiting() {
  return (
    <div class="stack">
      <SkeletonCard height={230} label="The forecast is being made" />
      <SkeletonCard height={420} label="The curve is being drawn" />
    </div>
  );
}
