import { Module } from "@nestjs/common";
import { MessagesController } from "./messages.controller.js";
import { PubSubModule } from "./pubsub.module.js";

@Module({ imports: [PubSubModule], controllers: [MessagesController] })
export class AppModule {}
