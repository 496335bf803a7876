// Clients that negotiate at a steady pace, whether or not the answers come.
import { Agent, get } from "node:http";

export class Clients {
  samples = [];
  #agent = new Agent({ keepAlive: true });
  #timer;

  constructor(url, perSecond) {
    this.#timer = setInterval(() => this.#negotiate(`${url}/negotiate`), 1000 / perSecond);
  }

  stop() {
    clearInterval(this.#timer);
    this.#agent.destroy();
  }

  #negotiate(url) {
    const sample = { sentAt: Date.now(), endpoint: undefined, durationInMs: undefined };
    const start = performance.now();
    this.samples.push(sample);
    const request = get(url, { agent: this.#agent }, (response) => {
      let text = "";
      response.setEncoding("utf8");
      response.on("data", (chunk) => {
        text += chunk;
      });
      response.on("end", () => {
        sample.durationInMs = performance.now() - start;
        if (response.statusCode === 200) sample.endpoint = JSON.parse(text).endpoint;
      });
    });
    request.on("error", () => {});
  }
}
