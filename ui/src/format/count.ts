import { LOCALE } from "./locale";

const whole = new Intl.NumberFormat(LOCALE, { maximumFractionDigits: 0 });
const short = new Intl.NumberFormat(LOCALE, { notation: "compact", maximumFractionDigits: 1 });

/** 1842 -> "1,842". */
export function count(n: number): string {
  return whole.format(n);
}

/** 1842 -> "1,842", 15394 -> "15.4K", 1900000 -> "1.9M". */
export function shortCount(n: number): string {
  return n < 10_000 ? count(n) : short.format(n);
}

/** (1, "example") -> "1 example", (3, "example") -> "3 examples". */
export function counted(n: number, one: string, many = `${one}s`): string {
  return `${count(n)} ${n === 1 ? one : many}`;
}
