/** Webhooks, verified by Standard Webhooks 1.0 before anything in them is believed. */

import { Webhook, WebhookVerificationError } from "standardwebhooks";

import type { Event } from "./generated/types.gen.js";
import { SharecoverError } from "./problems.js";

/** It wasn't signed with the endpoint's secret, or too long ago. Answer it 400, and do nothing. */
export class BadSignature extends SharecoverError {}

/**
 * The event that a webhook tells, once its signature holds; throws `BadSignature`. By its `type` the compiler knows its `data`.
 *
 * `secret` is the endpoint's, `whsec_…`; `body` the text as it came, not JSON written anew. A webhook may come twice, with
 * the same `id`, and before one of an earlier `sequence`; and one of a type that is younger than this client: pass over it.
 */
export function verified(
  secret: string,
  body: string,
  headers: Headers | Record<string, string | string[] | undefined>,
): Event {
  const given: Record<string, string> = {};
  const pairs = headers instanceof Headers ? headers.entries() : Object.entries(headers);
  for (const [name, value] of pairs) if (typeof value === "string") given[name.toLowerCase()] = value;
  try {
    return new Webhook(secret).verify(body, given) as Event;
  } catch (error) {
    if (error instanceof WebhookVerificationError) throw new BadSignature(error.message);
    throw error;
  }
}
