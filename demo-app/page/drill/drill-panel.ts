import type { DrillStepView, DrillView } from "../../contract/live.ts";
import { button, html, setAttributes, setText } from "../kit/dom.ts";
import type { ScreenReaderAnnouncements } from "../kit/screen-reader-announcements.ts";
import type { LiveState } from "../live/live-state.ts";
import { sendOrder } from "../live/send-order.ts";
import { reportElement } from "./report.ts";
import { StepRow } from "./step-row.ts";

const INTRODUCTION =
  "Plays Microsoft's documented failover sequence, figures 1 to 3, and measures each step.";

const VERDICTS: Readonly<Record<DrillView["state"], string>> = {
  running: "It is running; watch the map.",
  passed: "Passed. Everything went as the guidance says.",
  failed: "Failed. The report says what went wrong.",
  stopped: "Stopped before its end.",
};

/** The guided drill: one button, then step by step what happens and how long it took. */
export class DrillPanel {
  readonly topics = ["drill", "link"] as const;
  readonly #state: LiveState;
  readonly #announcements: ScreenReaderAnnouncements;
  readonly #root: HTMLElement;
  readonly #verdict = html("p", { class: "muted" }, INTRODUCTION);
  readonly #result = html("p", { class: "result", role: "status" });
  readonly #steps = html("ol", { class: "steps" });
  readonly #fold = html("details", { class: "more", hidden: true });
  readonly #foldTitle = html("summary");
  readonly #report = html("div");
  readonly #errorText = html("p", { class: "complaint", role: "alert" });
  readonly #button: HTMLButtonElement;
  #shownReport: string | null = null;
  #shownSteps = "";
  #shownState = "none";
  #rows: readonly StepRow[] = [];

  constructor(state: LiveState, root: HTMLElement, announcements: ScreenReaderAnnouncements) {
    this.#state = state;
    this.#root = root;
    this.#announcements = announcements;
    this.#button = button("Play the guided drill", { class: "strong" }, () => void this.#press());
    this.#fold.append(this.#foldTitle, this.#steps);
    root.append(
      html("header", {}, html("h2", { id: "drill-title" }, "Guided drill"), this.#button),
      this.#result,
      this.#verdict,
      this.#fold,
      this.#report,
      this.#errorText,
    );
  }

  draw(): void {
    const { drill } = this.#state;
    const isRunning = drill?.state === "running";
    setAttributes(this.#root, { "data-state": drill?.state ?? "idle" });
    setText(this.#button, isRunning ? "Stop" : drill ? "Play again" : "Play the guided drill");
    setText(this.#verdict, drill ? VERDICTS[drill.state] : INTRODUCTION);
    setText(this.#result, drill?.result ?? "");
    this.#drawSteps(drill?.steps ?? []);
    this.#drawFold(drill);
    this.#drawReport(drill?.markdown ?? null);
  }

  #drawSteps(steps: readonly DrillStepView[]): void {
    const key = steps.map(({ id }) => id).join();
    if (key !== this.#shownSteps) {
      this.#shownSteps = key;
      this.#rows = steps.map((step, index) => new StepRow(step, index + 1));
      this.#steps.replaceChildren(...this.#rows.map(({ element }) => element));
    }
    for (const [index, step] of steps.entries()) {
      const row = this.#rows[index];
      if (!row?.show(step)) continue;
      this.#steps.scrollTop = row.element.offsetTop - 40;
      this.#announcements.announce(`Drill: ${step.title}. ${step.caption}`);
    }
  }

  /** The steps are open while they run, and fold away before what they have come to. */
  #drawFold(drill: DrillView | null): void {
    const state = drill?.state ?? "none";
    this.#fold.hidden = drill === null;
    setText(this.#foldTitle, `The ${drill?.steps.length ?? 0} steps, and what each has measured`);
    if (state === this.#shownState) return;
    this.#shownState = state;
    this.#fold.open = state === "running" || state === "failed";
  }

  #drawReport(markdown: string | null): void {
    if (markdown === this.#shownReport) return;
    this.#shownReport = markdown;
    this.#report.replaceChildren(...(markdown === null ? [] : [reportElement(markdown)]));
  }

  async #press(): Promise<void> {
    const isRunning = this.#state.drill?.state === "running";
    const errorText = await sendOrder("/drill", { order: isRunning ? "stop" : "start" });
    setText(this.#errorText, errorText ?? "");
  }
}
