import { BadRequestException, Body, Controller, HttpCode, Inject, Post } from "@nestjs/common";
import type { FanOutReport, ResilientPubSub } from "express-resilient-pubsub";
import { PUBSUB } from "./pubsub.module.js";

@Controller("messages")
export class MessagesController {
  constructor(@Inject(PUBSUB) private readonly pubsub: ResilientPubSub) {}

  @Post()
  @HttpCode(202)
  send(@Body("text") text: unknown): Promise<FanOutReport> {
    if (typeof text !== "string") throw new BadRequestException("text is missing");
    return this.pubsub.broadcast({ text });
  }
}
