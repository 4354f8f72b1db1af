/**
 * A canvas that takes what is drawn and shows nothing: the window the tests run in has none, and a chart whose canvas cannot be had fails
 * in the middle of being taken away, which leaves the page locked for the tests after it.
 */
export function blankCanvas(): void {
  HTMLCanvasElement.prototype.getContext = function (this: HTMLCanvasElement) {
    const known: Record<string, unknown> = {
      canvas: this,
      measureText: (text: string) => ({ width: 7 * text.length }),
    };
    return new Proxy(known, { get: (target, name) => target[String(name)] ?? (() => undefined) });
  } as unknown as HTMLCanvasElement["getContext"];
}
