import { ApiFailure } from "./client";

/** Questions of which the last one counts: what comes for an earlier one, once something else was asked, reaches nobody. */
export class LastQuestion {
  #asked = 0;

  /** Waits for the answer and hands over it, or what went wrong in words. */
  async ask<T>(answer: Promise<T>, answered: (value: T) => void, failed: (problem: string) => void): Promise<void> {
    this.#asked += 1;
    const question = this.#asked;
    try {
      const value = await answer;
      if (question === this.#asked) answered(value);
    } catch (error) {
      if (question === this.#asked) failed(ApiFailure.from(error).message);
    }
  }

  /** Nobody waits for an answer any more. */
  forget(): void {
    this.#asked += 1;
  }
}
