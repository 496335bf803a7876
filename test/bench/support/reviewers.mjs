// Connected clients that ask for reviews at a steady pace, whoever is slow.
import { Agent, get } from "node:http";
import { setTimeout as delay } from "node:timers/promises";
import { serveCalls } from "./serve-calls.mjs";

const turnInMs = 10;
const reviews = [];
let asked = 0;

serveCalls({
  info: () => ({}),

  /** As many clients negotiate, each once. */
  async negotiate({ url, clients }) {
    const negotiations = Array.from({ length: 32 }, async (_, worker) => {
      for (let client = worker; client < clients; client += 32) {
        const { endpoint, grant } = await (await fetch(`${url}/negotiate`)).json();
        reviews[client] = `${url}/negotiate/place?endpoint=${endpoint}&grant=${grant}`;
      }
    });
    await Promise.all(negotiations);
  },

  /** Each client asks in turn, or for the URL that is given; all of them must be answered with the status. */
  async ask({ perSecond, seconds, keepAlive, url, status = 204 }) {
    const agent = new Agent({ keepAlive });
    const count = perSecond * seconds;
    const answers = [];
    const startedAt = performance.now();
    while (answers.length < count) {
      const due = Math.min(((performance.now() - startedAt) / 1000) * perSecond, count);
      while (answers.length < due) answers.push(statusOf(url ?? nextReview(), agent));
      await delay(turnInMs);
    }
    const others = (await Promise.all(answers)).filter((answer) => answer !== status);
    agent.destroy();
    if (others.length > 0) throw new Error(`${others.length} were answered ${others[0]}.`);
  },
});

function nextReview() {
  asked = (asked + 1) % reviews.length;
  return reviews[asked];
}

function statusOf(url, agent) {
  return new Promise((resolve, reject) => {
    get(url, { agent }, (response) => {
      response.resume().on("end", () => resolve(response.statusCode));
    }).on("error", reject);
  });
}
