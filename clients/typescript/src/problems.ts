/** What may go wrong: the service's problem documents (RFC 9457), and no answer at all. */

/** What all others are. */
export class SharecoverError extends Error {
  override get name(): string {
    return this.constructor.name;
  }
}

/** No answer came. What was asked for may have been done: ask again with the same idempotency key. */
export class Unreachable extends SharecoverError {}

/** An answer that isn't the service's, as from a proxy before it. */
export class BadAnswer extends SharecoverError {
  constructor(
    words: string,
    readonly status: number,
  ) {
    super(words);
  }
}

/** One thing to mend: where it stands, as a JSON pointer, `?parameter` or header, and what would be right. */
export interface Mistake {
  pointer: string;
  detail: string;
  code: string;
}

interface ProblemDocument {
  type: string;
  title: string;
  detail: string;
  instance: string;
  code: string;
  request_id: string;
  errors?: Mistake[];
}

/** The service refused, or couldn't answer. `code` is for programs, `message` for people who write them. */
export class ProblemError extends SharecoverError {
  readonly code: string;
  readonly type: string;
  readonly title: string;
  readonly detail: string;
  readonly instance: string;
  readonly requestId: string;
  readonly mistakes: readonly Mistake[];

  constructor(
    readonly document: Readonly<ProblemDocument>,
    readonly status: number,
    address: string,
  ) {
    const mistakes = document.errors ?? [];
    const places = mistakes.map((one) => `\n  ${one.pointer}: ${one.detail}`).join("");
    super(`${document.code} (${status}): ${document.detail}${places} [${document.request_id}]`);
    this.code = document.code;
    this.type = new URL(document.type, address).href;
    this.title = document.title;
    this.detail = document.detail;
    this.instance = document.instance;
    this.requestId = document.request_id;
    this.mistakes = mistakes;
  }
}

/** The request has to be mended: `mistakes` says where (400, 413, 415, 422). */
export class Invalid extends ProblemError {}
/** The key opens nothing, or may not do this (401, 403). */
export class NotAllowed extends ProblemError {}
/** There is nothing of that name that the key may see, or no longer (404, 410). */
export class NotThere extends ProblemError {}
/** The state of things forbids it, such as a quote that has expired (409). */
export class Conflict extends ProblemError {}
/** More requests than the key may send (429). They were tried again; ask more slowly. */
export class TooMany extends ProblemError {}
/** The service couldn't answer, several times over (5xx). */
export class ServiceTrouble extends ProblemError {}

const KINDS: Record<number, typeof ProblemError> = {
  401: NotAllowed,
  403: NotAllowed,
  404: NotThere,
  409: Conflict,
  410: NotThere,
  429: TooMany,
};

/** The error that a refusal is: `told` is its body, as far as it could be read. */
export function problemOf(told: unknown, response: Response, asked: string): SharecoverError {
  const type = response.headers.get("content-type")?.split(";")[0]?.trim();
  if (type !== "application/problem+json" || typeof told !== "object" || told === null || !("code" in told)) {
    return new BadAnswer(`${asked}: ${response.status}, and no problem document`, response.status);
  }
  const Kind = KINDS[response.status] ?? (response.status >= 500 ? ServiceTrouble : Invalid);
  return new Kind(told as ProblemDocument, response.status, response.url || "http://localhost");
}
