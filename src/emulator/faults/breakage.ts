import type { RequestType } from "../contract/fault.ts";
import { createDice, type Dice } from "./dice.ts";
import type { ActiveFault } from "./fault-options.ts";
import { judge, type Verdict, wholeHold } from "./verdict.ts";

/** The verdict on one request, and what has come up since. */
export interface Judgement {
  readonly verdict: Verdict;
  /** A fault of a later injection that lets nothing of this type out any more. */
  holdBegun(): ActiveFault | undefined;
}

export interface BreakageParts {
  readonly seed: number;
  /** Called when the time of a fault has run out; the fault is on until `end`. */
  onTimeUp(fault: ActiveFault): void;
}

/** What is broken at the moment, and for how long. */
export class Breakage {
  readonly #parts: BreakageParts;
  readonly #timers = new Map<ActiveFault, NodeJS.Timeout>();
  #faults: readonly ActiveFault[] = [];
  #dice: Dice;
  #injection = 0;

  constructor(parts: BreakageParts) {
    this.#parts = parts;
    this.#dice = createDice(parts.seed);
  }

  get faults(): readonly ActiveFault[] {
    return this.#faults;
  }

  /** Whether open clients are silent. */
  get silencesClients(): boolean {
    return wholeHold(this.#faults, "ClientConnection")?.kind === "blackhole";
  }

  /** The fault that holds every request of every type. */
  get wholeHold(): ActiveFault | undefined {
    const [rest, ...others] = (["RESTAPI", "ClientConnection", "Health"] as const).map((type) =>
      wholeHold(this.#faults, type),
    );
    return others.every(Boolean) ? rest : undefined;
  }

  /** Puts these in the place of all earlier ones; the dice start again. */
  replace(faults: readonly ActiveFault[]): void {
    for (const fault of this.#faults) this.end(fault);
    this.#faults = faults;
    this.#dice = createDice(this.#parts.seed);
    this.#injection += 1;
    for (const fault of faults) {
      if (fault.durationInMs === undefined) continue;
      const timer = setTimeout(() => this.#parts.onTimeUp(fault), fault.durationInMs);
      this.#timers.set(fault, timer.unref());
    }
  }

  end(fault: ActiveFault): void {
    clearTimeout(this.#timers.get(fault));
    this.#timers.delete(fault);
    this.#faults = this.#faults.filter((other) => other !== fault);
  }

  judge(type: RequestType): Judgement {
    const injection = this.#injection;
    return {
      verdict: judge(this.#faults, type, this.#dice),
      holdBegun: () => (this.#injection === injection ? undefined : wholeHold(this.#faults, type)),
    };
  }
}
