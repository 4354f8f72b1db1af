import type { Prompt } from "../bindings/Prompt";
import type { SampleInfo } from "../bindings/SampleInfo";
import { stream } from "./random";

/** A table as a file would hold it. */
export type Table = { columns: string[]; rows: string[][] };

/** A sample project: its table and where its training starts. */
export type Sample = { info: SampleInfo; table: () => Table; prompt: Prompt };

const TICKETS: Record<string, string[]> = {
  billing: [
    "I was charged twice for order {n}",
    "I want my money back for the broken kettle, order {n}",
    "The invoice {n} shows the wrong amount",
  ],
  shipping: [
    "Do you deliver to Iceland? Order {n}",
    "When will the parcel {n} be here",
    "Tracking for {n} has not moved in a week",
  ],
  account: [
    "How do I change the e-mail on account {n}?",
    "Verification code never comes, account {n}",
    "Please close my account {n}",
  ],
  cards: [
    "My card ending {n} never arrived and it has been 3 weeks",
    "It says payment declined but I have money, card {n}",
    "How do I raise the limit of card {n}",
  ],
  technical: [
    "app closes when I open the camera, Android 14, ticket {n}",
    "Error {n} when I press save",
    "The page stays white after the update, build {n}",
  ],
  security: [
    "Somebody used my card {n} in another country!!",
    "I can not pass the identity check {n}",
    "I got a strange e-mail asking for my password, case {n}",
  ],
};
const REVIEWS: Record<string, string[]> = {
  positive: ["Number {n} on my list and the best so far", "Works after {n} weeks like on day one"],
  negative: ["Broke after {n} days, great job", "Waited {n} minutes and nobody came"],
  neutral: ["It does what it says, model {n}", "Arrived in {n} days, as expected"],
};

function labelled(source: Record<string, string[]>, size: number, columns: [string, string, string]): Table {
  const next = stream(size);
  const labels = Object.keys(source);
  const rows = Array.from({ length: size }, () => {
    const label = labels[Math.floor(next() ** 1.25 * labels.length)] ?? "";
    const texts = source[label] ?? [];
    const text = texts[Math.floor(next() * texts.length)] ?? "";
    return [text.replace("{n}", String(1000 + Math.floor(next() * 9000))), label, next() < 0.85 ? "en" : "de"];
  });
  return { columns, rows };
}

function orders(size: number): Table {
  const next = stream(size);
  const goods = ["kettle", "lamp", "desk", "chair"];
  const rows = Array.from({ length: size }, () => {
    const item = goods[Math.floor(next() * goods.length)] ?? "kettle";
    const quantity = 1 + Math.floor(next() * 9);
    const order = 1000 + Math.floor(next() * 9000);
    const truth = JSON.stringify({ order: String(order), item, quantity, rush: quantity > 6 });
    return [`Hello,\nplease send ${quantity} of the ${item} for order ${order}.\nRegards`, truth];
  });
  return { columns: ["email", "fields"], rows };
}

/** The sample projects. */
export const SAMPLES: Sample[] = [
  {
    info: { id: "tickets", name: "Ticket routing", description: "360 customer messages, six queues", rows: 360 },
    table: () => labelled(TICKETS, 360, ["message", "queue", "lang"]),
    prompt: { system_prompt: "You route customer messages to one support queue.", output_prompt: "Which queue?" },
  },
  {
    info: {
      id: "sentiment",
      name: "Review sentiment",
      description: "300 reviews, three labels, some sarcastic",
      rows: 300,
    },
    table: () => labelled(REVIEWS, 300, ["review", "sentiment", "lang"]),
    prompt: { system_prompt: "You read product reviews.", output_prompt: "Is it positive, negative or neutral?" },
  },
  {
    info: {
      id: "extraction",
      name: "Order extraction",
      description: "240 e-mails to JSON with four fields",
      rows: 240,
    },
    table: () => orders(240),
    prompt: { system_prompt: "You read order e-mails.", output_prompt: "Give the fields as JSON." },
  },
];

/** The table behind the seeded project, as large as asked. */
export function tickets(size: number): Table {
  return labelled(TICKETS, size, ["message", "queue", "lang"]);
}
